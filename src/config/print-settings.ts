import { checkSettings, type LoadOptions } from './load-settings.service.js';
import { SettingsError } from './setting-problem.js';
import { toSettingsTable } from './settings-table.js';

/** What `npm run config:print` prints. Throws a `SettingsError`; creates nothing. */
export function printSettings(options: LoadOptions): string {
  const { tree, settings, credentials, origins, keyFile } = checkSettings(options);
  const place = keyFile === null ? null : { shownPath: keyFile.shownPath, exists: keyFile.key !== null };
  return toSettingsTable({ tree, channels: settings.channels, credentials, origins, keyFile: place });
}

if (require.main === module) {
  try {
    process.stdout.write(`${printSettings({ env: process.env })}\n`);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
