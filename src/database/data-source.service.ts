import type { DataSourceOptions } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { AccessKeys1 } from './migrations/access-1.migration.js';
import { Access2 } from './migrations/access-2.migration.js';
import { Callbacks1 } from './migrations/callbacks-1.migration.js';
import { Authorizations1 } from './migrations/authorizations-1.migration.js';
import { Channels1 } from './migrations/channels-1.migration.js';
import { Channels2 } from './migrations/channels-2.migration.js';
import { Channels3 } from './migrations/channels-3.migration.js';
import { Media1 } from './migrations/media-1.migration.js';
import { Messaging1 } from './migrations/messaging-1.migration.js';
import { Messaging2 } from './migrations/messaging-2.migration.js';
import { Messaging3 } from './migrations/messaging-3.migration.js';
import { Messaging4 } from './migrations/messaging-4.migration.js';
import { Messaging5 } from './migrations/messaging-5.migration.js';
import { RatePolicy1 } from './migrations/rate-policy-1.migration.js';
import { Retention1 } from './migrations/retention-1.migration.js';
import { Timetable1 } from './migrations/timetable-1.migration.js';
import { Usage1 } from './migrations/usage-1.migration.js';
import { Webhook1 } from './migrations/webhook-1.migration.js';
import { connectionBounds } from './postgres-connection.service.js';
import { existingFileFlags, readerFlags, sqliteDriver } from './sqlite-driver.service.js';

/** In the order in which they run. */
export const MIGRATIONS = [AccessKeys1, Channels1, Webhook1, Messaging1, Timetable1, RatePolicy1, Messaging2, Channels2, Messaging3, Authorizations1, Callbacks1, Retention1, Access2, Messaging4, Media1, Messaging5, Channels3, Usage1];

type Shared = Pick<DataSourceOptions, 'entities' | 'migrations' | 'migrationsTransactionMode' | 'synchronize' | 'logging' | 'invalidWhereValuesBehavior'>;

const SHARED: Shared = {
  migrations: MIGRATIONS,
  migrationsTransactionMode: 'each',
  synchronize: false,
  logging: false,
  // `where: { id: undefined }` would otherwise mean "every row".
  invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
};

/** The connection that writes; on PostgreSQL the pool that also reads. */
export function writerOptions(settings: Settings['database'], databaseUrl: string): DataSourceOptions {
  if (settings.engine === 'postgres') {
    return {
      ...SHARED,
      type: 'postgres',
      url: databaseUrl,
      poolSize: settings.postgresPoolSize,
      applicationName: 'twitter-dm-channel',
      extra: connectionBounds(settings.postgresTimeoutMs),
    };
  }
  return {
    ...SHARED,
    type: 'sqlite',
    database: settings.file,
    driver: sqliteDriver,
    enableWAL: true,
    busyTimeout: settings.sqliteBusyTimeoutMs,
  };
}

/** One for what may take long, such as a change of the schema. */
export function patientOptions(databaseUrl: string): DataSourceOptions {
  return writerOptions({ engine: 'postgres', postgresPoolSize: 1, postgresTimeoutMs: 0, postgresMayLoseCommits: false }, databaseUrl);
}

/** A file that a service has made, for a program that has it to itself. */
export function existingSqliteOptions(file: string, busyTimeout: number): DataSourceOptions {
  return { ...SHARED, type: 'sqlite', database: file, driver: sqliteDriver, flags: existingFileFlags, busyTimeout };
}

/** SQLite's second connection: it sees committed rows only, and SQLite itself refuses a stray write on it. */
export function sqliteReaderOptions(settings: Extract<Settings['database'], { engine: 'sqlite' }>): DataSourceOptions {
  return {
    ...SHARED,
    type: 'sqlite',
    database: settings.file,
    driver: sqliteDriver,
    flags: readerFlags,
    busyTimeout: settings.sqliteBusyTimeoutMs,
  };
}
