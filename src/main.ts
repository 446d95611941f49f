import 'reflect-metadata';
import { createApp } from './app.setup.js';
import { loadSettings } from './config/load-settings.service.js';
import { SettingsError } from './config/setting-problem.js';

async function main(): Promise<void> {
  const loaded = loadSettings();
  const app = await createApp(loaded);
  await app.listen(loaded.settings.server.port, loaded.settings.server.host);
  process.stdout.write(`Listening on ${await app.getUrl()}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof SettingsError ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exitCode = 1;
});
