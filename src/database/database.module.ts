import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { getConfigToken } from '@nestjs/config';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { InjectSettings, SECRETS } from '../config/inject-settings.decorator.js';
import type { Secrets, Settings } from '../config/settings.js';
import { patientOptions, sqliteReaderOptions, writerOptions } from './data-source.service.js';
import { DatabaseTime } from './database-time.service.js';
import { migrateAlone } from './migrate.service.js';
import { assertNotMoved } from './moved-data.service.js';
import { Reader } from './reader.service.js';
import { assertSqliteIsDurable, prepareSqliteWriter } from './sqlite-driver.service.js';
import { UnitOfWork } from './unit-of-work.service.js';

async function openWriter(options: DataSourceOptions): Promise<DataSource> {
  if (options.type === 'postgres') {
    await migratePatiently(options.url ?? '');
    return new DataSource(options).initialize();
  }
  const dataSource = await new DataSource(options).initialize();
  await prepareSqliteWriter(dataSource);
  await assertNotMoved(dataSource);
  await migrateAlone(dataSource);
  await assertSqliteIsDurable(dataSource);
  return dataSource;
}

/** On a connection of its own: a change of a large table takes longer than anybody is to wait later. */
async function migratePatiently(databaseUrl: string): Promise<void> {
  const dataSource = await new DataSource(patientOptions(databaseUrl)).initialize();
  try {
    await assertNotMoved(dataSource);
    await migrateAlone(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

async function openReader(writer: DataSource, settings: Settings['database']): Promise<Reader> {
  if (settings.engine === 'postgres') {
    return new Reader(writer);
  }
  const reader = new DataSource({ ...sqliteReaderOptions(settings), entities: writer.options.entities });
  return new Reader(await reader.initialize());
}

/** One database: rooms register their entities with `TypeOrmModule.forFeature`, write through `UnitOfWork` and read through `Reader`. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [getConfigToken('database'), SECRETS],
      useFactory: (settings: Settings['database'], secrets: Secrets) => ({
        ...writerOptions(settings, secrets.databaseUrl),
        autoLoadEntities: true,
        retryAttempts: 1,
      }),
      dataSourceFactory: (options) => {
        if (options === undefined) {
          throw new Error('No database options');
        }
        return openWriter(options);
      },
    }),
  ],
  providers: [DatabaseTime, UnitOfWork, { provide: Reader, inject: [DataSource, getConfigToken('database')], useFactory: openReader }],
  exports: [UnitOfWork, Reader],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    private readonly reader: Reader,
    @InjectSettings('database') private readonly settings: Settings['database'],
  ) {}

  /** PostgreSQL's reader is the writer's own pool, which TypeORM's module closes. */
  async onApplicationShutdown(): Promise<void> {
    if (this.settings.engine === 'sqlite') {
      await this.reader.manager.connection.destroy();
    }
  }
}
