import { dirname, join, resolve } from 'node:path';
import type { DatabaseSettings, DeclaredChannel, Settings, SettingsTree } from './settings.js';
import { parseDatabaseUrl } from './values/database-url.js';
import { parseOrigin } from './values/web-origin.js';

/** Turns a checked tree into what the service is configured by: addresses normalised, the database decided, secrets left behind. */
export function decideSettings(tree: SettingsTree, channels: readonly DeclaredChannel[], cwd: string): Settings {
  const { server, access: { adminApiKey: _secret, ...access }, database, x, webhook, messaging, ratePolicy, recovery, callbacks, media, retention, timetable, idempotency, logging } = tree;
  return freeze({
    server: { ...server, publicUrl: server.publicUrl === null ? null : checkedOrigin(server.publicUrl) },
    access,
    database: decideDatabase(database, cwd),
    x: { ...x, apiUrl: checkedOrigin(x.apiUrl), uploadUrl: checkedOrigin(x.uploadUrl) },
    webhook,
    messaging,
    ratePolicy,
    recovery,
    callbacks,
    media: { ...media, directory: mediaDirectory(media.directory, decideDatabase(database, cwd), cwd) },
    retention,
    timetable,
    idempotency,
    logging,
    channels,
  });
}

function decideDatabase({ url, sqliteBusyTimeoutMs, postgresPoolSize, postgresTimeoutMs, postgresMayLoseCommits }: SettingsTree['database'], cwd: string): DatabaseSettings {
  const address = parseDatabaseUrl(url);
  if (address === null) throw new Error('database.url was not checked');
  return address.engine === 'sqlite'
    ? { engine: 'sqlite', file: resolve(cwd, address.file), sqliteBusyTimeoutMs }
    : { engine: 'postgres', postgresPoolSize, postgresTimeoutMs, postgresMayLoseCommits };
}

/** Beside the SQLite file unless said: what belongs together is backed up together. */
function mediaDirectory(given: string | null, database: DatabaseSettings, cwd: string): string {
  if (given !== null) return resolve(cwd, given);
  return database.engine === 'sqlite' ? join(dirname(database.file), 'media') : resolve(cwd, 'data/media');
}

function checkedOrigin(text: string): string {
  const origin = parseOrigin(text);
  if (origin === null) throw new Error('An address was not checked');
  return origin;
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) freeze(part);
  return Object.freeze(value);
}
