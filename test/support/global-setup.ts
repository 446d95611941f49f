// Jest loads this file with Node's own resolver, which finds a `.ts` only without a suffix.
import { type Postgres, startPostgres } from './postgres';

declare global {
  var postgresOfThisRun: Postgres | undefined;
}

/** Starts one PostgreSQL for the whole run. The workers, forked later, find it in TEST_POSTGRES_URL. */
export default async function globalSetup(): Promise<void> {
  const postgres = await startPostgres();
  globalThis.postgresOfThisRun = postgres;
  process.env['TEST_POSTGRES_URL'] = postgres.url;
  console.log(`\nPostgreSQL for the tests: ${postgres.origin}`);
}
