import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, describeApi } from './app.setup.js';
import { createAsyncApiDocument } from './callbacks/asyncapi.service.js';
import { loadSettings } from './config/load-settings.service.js';

/** Prints the OpenAPI and the AsyncAPI document, as `/openapi.json` and `/asyncapi.json` serve them. Starts the app on an empty database and does not listen. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dm-channel-openapi-'));
  try {
    const loaded = loadSettings({ env: { DATABASE_URL: `sqlite:${join(folder, 'openapi.db')}`, TWITTER_CHANNEL__LOGGING__LEVEL: 'warn' } });
    const app = await createApp(loaded);
    const openapi = describeApi(app);
    process.stdout.write(JSON.stringify({ openapi, asyncapi: createAsyncApiDocument(openapi) }));
    await app.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`);
  process.exitCode = 1;
});
