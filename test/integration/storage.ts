import { DataSource } from 'typeorm';
import { Reader } from '../../src/database/reader.service.js';
import { UnitOfWork } from '../../src/database/unit-of-work.service.js';
import { type Service, startService, type ServiceOptions } from '../e2e/service.js';
import type { Engine } from '../support/engines.js';

/** Nobody listens there: for tests in which the service has no business with X. */
export const NO_X = 'http://127.0.0.1:9';

/** The whole service on an empty database, opened up to its storage. */
export interface Storage {
  service: Service;
  databaseUrl: string;
  writer: DataSource;
  reader: Reader;
  unitOfWork: UnitOfWork;
}

export async function startStorage(engine: Engine, options: Partial<ServiceOptions> = {}): Promise<Storage> {
  const databaseUrl = options.databaseUrl ?? (await engine.createDatabaseUrl());
  const service = await startService({ sandboxUrl: NO_X, ...options, databaseUrl });
  const { app } = service;
  return { service, databaseUrl, writer: app.get(DataSource), reader: app.get(Reader), unitOfWork: app.get(UnitOfWork) };
}
