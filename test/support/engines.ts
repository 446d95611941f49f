import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

export type EngineName = 'sqlite' | 'postgres';

export interface Engine {
  name: EngineName;
  /** A database of its own with nothing in it, as DATABASE_URL names it; removed after the describe block. */
  createDatabaseUrl(): Promise<string>;
}

type OwnedEngine = Engine & { removeAll(): Promise<void> };

/** Runs the same tests on a SQLite file and on a real PostgreSQL: what holds on one only does not hold. */
export function forEachEngine(body: (engine: Engine) => void): void {
  describe.each([sqlite(), postgres()])('on $name', (engine: OwnedEngine) => {
    body(engine);
    // Registered after the body's own hooks, so that what they close is closed when its database goes.
    afterAll(() => engine.removeAll());
  });
}

/** One engine, for a test that is about it alone. */
export function onEngine(name: EngineName, body: (engine: Engine) => void): void {
  const engine = name === 'sqlite' ? sqlite() : postgres();
  describe(`on ${name}`, () => {
    body(engine);
    afterAll(() => engine.removeAll());
  });
}

function sqlite(): OwnedEngine {
  const folders: string[] = [];
  return {
    name: 'sqlite',
    createDatabaseUrl: () => {
      const folder = mkdtempSync(join(tmpdir(), 'dm-channel-sqlite-'));
      folders.push(folder);
      return Promise.resolve(`sqlite:${join(folder, 'test.db')}`);
    },
    removeAll: () => {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

function postgres(): OwnedEngine {
  const names: string[] = [];
  return {
    name: 'postgres',
    createDatabaseUrl: async () => {
      const name = `dm_channel_${randomBytes(8).toString('hex')}`;
      await onServer((client) => client.query(`CREATE DATABASE ${name}`));
      names.push(name);
      const url = new URL(serverUrl());
      url.pathname = `/${name}`;
      return url.href;
    },
    removeAll: () =>
      onServer(async (client) => {
        // FORCE cuts off what a failed test left open.
        for (const name of names.splice(0)) await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

function serverUrl(): string {
  const url = process.env['TEST_POSTGRES_URL'];
  if (url === undefined) throw new Error('TEST_POSTGRES_URL is not set: test/support/global-setup.ts sets it for tests under test/');
  return url;
}

async function onServer(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
