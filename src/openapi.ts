import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, describeApi } from './app.setup.js';
import { loadSettings } from './config/load-settings.service.js';

/** Prints the OpenAPI document, as `/openapi.json` serves it. Starts the app on an empty database and does not listen. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dm-channel-openapi-'));
  try {
    const loaded = loadSettings({ env: { DATABASE_URL: `sqlite:${join(folder, 'openapi.db')}`, TWITTER_CHANNEL__LOGGING__LEVEL: 'warn' } });
    const app = await createApp(loaded);
    process.stdout.write(`${JSON.stringify(describeApi(app), null, 2)}\n`);
    await app.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`);
  process.exitCode = 1;
});
