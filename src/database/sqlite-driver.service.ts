import sqlite3 from 'sqlite3';
import type { DataSource } from 'typeorm';

/**
 * All that is known of the sqlite3 package stands in this file, so that leaving it touches nothing else.
 * The driver calls `verbose()` on what it is given; that mode records a stack trace per statement and
 * costs about half the speed of small ones, so it is answered with the plain module.
 */
export const sqliteDriver = { verbose: () => sqlite3 };

export const readerFlags = sqlite3.OPEN_READONLY | sqlite3.OPEN_FULLMUTEX;

/**
 * Makes the one write connection durable and its transactions exclusive from their first statement.
 * - `synchronous=FULL`: with WAL alone, a commit can be lost with the power.
 * - `BEGIN IMMEDIATE`: a deferred transaction that reads first and writes later fails at once with SQLITE_BUSY
 *   when another process wrote in between, and the busy time-out does not help it.
 * - A rollback that fails counts as done: SQLite ends a transaction by itself when the disk is full, and the runner, which
 *   believes it open, would take all that come after for nested ones, acknowledged and never committed.
 */
export async function prepareSqliteWriter(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner(); // TypeORM's SQLite driver shares this one for the whole data source
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
  runner.query = ((statement: string, ...rest: unknown[]) =>
    query(statement === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE' : statement, ...rest)) as typeof runner.query;
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
