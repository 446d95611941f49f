import sqlite3 from 'sqlite3';
import { PreparingDatabase } from './sqlite-statements.service.js';
import { type DataSource, type EntityManager, QueryFailedError, type QueryRunner } from 'typeorm';

/**
 * All that is known of the sqlite3 package stands in this file and `sqlite-statements.service.ts`, so that leaving it touches nothing else.
 * The driver calls `verbose()` on what it is given; that mode records a stack trace per statement and
 * costs about half the speed of small ones, so it is answered with the plain module, whose connections keep their statements.
 */
export const sqliteDriver = { verbose: () => ({ ...sqlite3, Database: PreparingDatabase }) };

export const readerFlags = sqlite3.OPEN_READONLY | sqlite3.OPEN_FULLMUTEX;

/** Without them SQLite makes the file that is not there. */
export const existingFileFlags = sqlite3.OPEN_READWRITE | sqlite3.OPEN_FULLMUTEX;

/**
 * Makes the one write connection durable and its transactions exclusive from their first statement.
 * - `synchronous=FULL`: with WAL alone, a commit can be lost with the power.
 * - `BEGIN IMMEDIATE`: a deferred transaction that reads first and writes later fails at once with SQLITE_BUSY
 *   when another process wrote in between, and the busy time-out does not help it.
 * - `COMMIT` carries out the last writes of the transaction on its way.
 * - A rollback that fails counts as done: SQLite ends a transaction by itself when the disk is full, and the runner, which
 *   believes it open, would take all that come after for nested ones, acknowledged and never committed.
 */
export async function prepareSqliteWriter(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner(); // TypeORM's SQLite driver shares this one for the whole data source
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
  runner.query = ((statement: string, ...rest: unknown[]) => {
    if (statement === 'COMMIT') {
      const last = takeLastWrites(runner);
      return last.length === 0 ? query(statement) : execute(runner, [...last, { statement, list: null }]);
    }
    if (statement === 'BEGIN TRANSACTION') {
      // Of a transaction that was rolled back.
      takeLastWrites(runner);
      return query('BEGIN IMMEDIATE');
    }
    return query(statement, ...rest);
  }) as typeof runner.query;
  const rollback = runner.rollbackTransaction.bind(runner);
  runner.rollbackTransaction = () =>
    rollback().catch((error: unknown) => {
      Object.assign(runner, { isTransactionActive: false, transactionDepth: 0 });
      throw error;
    });
  await query('PRAGMA synchronous = FULL');
}

/** SQLite reports the level it was asked for before the first write and the one in force after it, so ask after one. */
export async function assertSqliteIsDurable(dataSource: DataSource): Promise<void> {
  const [row] = await dataSource.query<{ synchronous: number }[]>('PRAGMA synchronous');
  const FULL = 2;
  if (row === undefined || row.synchronous < FULL) {
    throw new Error(`SQLite would acknowledge rows that a power cut loses: synchronous is ${row?.synchronous}, not FULL (2)`);
  }
}

/** A statement of one parameter, `$1`, which is a JSON text; or of none. */
export interface Write {
  statement: string;
  list: string | null;
}

const lastWrites = new WeakMap<QueryRunner, Write[]>();

function takeLastWrites(runner: QueryRunner): Write[] {
  const last = lastWrites.get(runner) ?? [];
  lastWrites.delete(runner);
  return last;
}

/** Several writes in one call to SQLite's thread, in their order. @throws QueryFailedError; the transaction has to be rolled back then */
export function executeTogether(manager: EntityManager, writes: readonly Write[]): Promise<void> {
  return execute(manager.queryRunner as QueryRunner, writes);
}

/** The same, when the transaction commits; at once inside a savepoint. Nothing that the transaction reads before it commits sees them. */
export async function executeWithCommit(manager: EntityManager, writes: readonly Write[]): Promise<void> {
  const runner = manager.queryRunner as QueryRunner & { transactionDepth: number };
  if (runner.transactionDepth > 1) {
    await execute(runner, writes);
  } else {
    lastWrites.set(runner, [...(lastWrites.get(runner) ?? []), ...writes]);
  }
}

/** What was to be written with the commit is written now, since more is to come. */
export async function executeLastWrites(manager: EntityManager): Promise<void> {
  const runner = manager.queryRunner as QueryRunner;
  const last = takeLastWrites(runner);
  await (last.length === 0 ? undefined : execute(runner, last));
}

/**
 * Such a call takes no parameters: they are written into the text, where a quote is the one sign that means something; JSON has no
 * NUL, which would end it.
 */
async function execute(runner: QueryRunner, writes: readonly Write[]): Promise<void> {
  for (const { statement, list } of writes) {
    runner.connection.logger.logQuery(statement, list === null ? [] : [list], runner);
  }
  const text = writes.map(({ statement, list }) => (list === null ? statement : statement.replace('$1', () => `'${list.replaceAll("'", "''")}'`))).join(';\n');
  const connection = (await runner.connect()) as sqlite3.Database;
  await new Promise<void>((done, failed) => {
    connection.exec(text, (error) => (error === null ? done() : failed(new QueryFailedError(writes.map(({ statement }) => statement).join('; '), [], error))));
  });
}
