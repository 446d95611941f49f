import { type DataSource, MigrationExecutor } from 'typeorm';

// Any number that no other user of the database takes for its own advisory lock.
const MIGRATION_LOCK = 7_245_110_421;

/**
 * Brings the schema up to date; of several instances that start at once on PostgreSQL, one does it and the others wait.
 * SQLite is used by one process.
 */
export async function migrateAlone(dataSource: DataSource): Promise<void> {
  if (dataSource.options.type !== 'postgres') {
    await dataSource.runMigrations();
    return;
  }
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    // On the connection that has the lock: with a pool of one there is no other.
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'each';
    await executor.executePendingMigrations();
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await runner.release();
  }
}
