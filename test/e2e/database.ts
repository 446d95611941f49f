import { Client } from 'pg';
import sqlite3 from 'sqlite3';

/** The columns that tests look at. */
export interface StoredRow {
  encoding: BufferEncoding;
  body: string;
  status: string;
  detail: string | null;
}

/** Looks at (or damages) the service's database from outside, on a connection of its own. */
export async function queryDatabase<Row = StoredRow>(databaseUrl: string, statement: string): Promise<Row[]> {
  return databaseUrl.startsWith('sqlite:') ? querySqlite(databaseUrl.slice('sqlite:'.length), statement) : queryPostgres(databaseUrl, statement);
}

export async function countRows(databaseUrl: string, table: string): Promise<number> {
  const [row] = await queryDatabase<{ n: number | string }>(databaseUrl, `SELECT count(*) AS n FROM ${table}`);
  return Number(row?.n);
}

/** How often PostgreSQL has ended a transaction because two waited for each other; a service's own log may swallow it. */
export async function countDeadlocks(databaseUrl: string): Promise<number> {
  const [row] = await queryDatabase<{ deadlocks: string }>(databaseUrl, 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
  return Number(row?.deadlocks);
}

function querySqlite<Row>(file: string, statement: string): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, (opening) => {
      if (opening !== null) {
        reject(opening);
        return;
      }
      database.configure('busyTimeout', 5_000);
      database.all<Row>(statement, (error, rows) => database.close(() => (error === null ? resolve(rows) : reject(error))));
    });
  });
}

async function queryPostgres<Row>(url: string, statement: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}
