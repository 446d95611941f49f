import type { DataSource } from 'typeorm';

/**
 * `npm run migrate-data` leaves a table by which a service knows the data that are not to be used: in a PostgreSQL while they are on their
 * way there, and in the SQLite file once they have been moved. Two services on the same data would send what waits twice.
 */
export const MOVE_UNDER_WAY = 'migrate_data_progress';
export const MOVED_AWAY = 'migrate_data_done';

/** @throws a sentence when these data are not, or no longer, the ones to be used */
export async function assertNotMoved(dataSource: DataSource): Promise<void> {
  const isPostgres = dataSource.options.type === 'postgres';
  const runner = dataSource.createQueryRunner();
  try {
    if (await runner.hasTable(isPostgres ? MOVE_UNDER_WAY : MOVED_AWAY)) {
      throw new Error(
        isPostgres
          ? 'This PostgreSQL is being filled by `npm run migrate-data`, which has not come to its end: run it again with the same addresses.'
          : `These data were moved to PostgreSQL: set DATABASE_URL to it. To go on with this file after all, and with nothing else, drop its table ${MOVED_AWAY} (docs/backup.md).`,
      );
    }
  } finally {
    await runner.release();
  }
}
