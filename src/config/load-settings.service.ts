import { resolve } from 'node:path';
import { checkFields, checkRules, type PartialTree } from './check-settings.js';
import { readDeclaredChannels, type ReadChannels } from './declared-channels.js';
import { decideSettings } from './decide-settings.js';
import { SettingsError, type SettingProblem } from './setting-problem.js';
import { settingsSchema, type ChannelCredentials, type Secrets, type Settings, type SettingsTree } from './settings.js';
import { createEncryptionKeyFile, encryptionKeyFileBeside, readEncryptionKeyFile } from './sources/encryption-key-file.service.js';
import { resolveSecret } from './sources/secret-reference.service.js';
import { parseSecretReference } from './sources/secret-reference.js';
import { SETTING_FIELDS } from './sources/setting-fields.js';
import { applyFile, applyVariables, createDraft, type SettingsDraft } from './sources/settings-draft.js';
import { readSettingsFiles, showPath } from './sources/settings-files.service.js';
import { parseDatabaseUrl } from './values/database-url.js';
import { parseEncryptionKey, toEncryptionKeyRing, type EncryptionKeyRing } from './values/encryption-key.js';

export interface LoadOptions {
  env: NodeJS.ProcessEnv;
  /** What relative paths start from; the folder the process was started in, if not given. */
  cwd?: string;
}

export interface LoadedSettings {
  settings: Settings;
  secrets: Secrets;
  /** Key → file with line, or variable. */
  origins: Map<string, string>;
  /** Where `rate-policies.yaml` is looked for. */
  configDir: string;
}

/** What is known before anything is created: all that a listing of the settings needs. */
export interface CheckedSettings {
  tree: SettingsTree;
  settings: Settings;
  credentials: readonly ChannelCredentials[];
  origins: Map<string, string>;
  configDir: string;
  keyFile: KeyFile | null;
}

/** The place for a generated key, and the key if one is there. There is no such place with PostgreSQL. */
interface KeyFile {
  path: string;
  shownPath: string;
  key: Buffer | null;
}

/**
 * Reads files and variables, checks them, and decides. Without an encryption key, the first start on SQLite makes a key file.
 * Throws one `SettingsError` with all that is wrong.
 */
export function loadSettings(options: LoadOptions = { env: process.env }): LoadedSettings {
  const { tree, settings, credentials, origins, configDir, keyFile } = checkSettings(options);
  const encryptionKeys = openKeyRing(tree.encryption, keyFile);
  if (tree.encryption.key === null && keyFile !== null) origins.set('encryption.key', keyFile.shownPath);
  const secrets: Secrets = { adminApiKey: tree.access.adminApiKey, encryptionKeys, databaseUrl: tree.database.url, channels: credentials };
  return { settings, secrets, origins, configDir };
}

/** The same without creating anything. */
export function checkSettings({ env, cwd = process.cwd() }: LoadOptions = { env: process.env }): CheckedSettings {
  const draft = createDraft();
  const { configDir, files, defaultsFile, areComplete } = readSettingsFiles(env, cwd, draft.problems);
  for (const file of files) applyFile(draft, file);
  applyVariables(draft, env);
  // What an unreadable file says is unknown; to call its settings missing would only hide the real problem.
  if (!areComplete) throw new SettingsError(draft.problems);

  followReferences(draft, env);
  const originOf = (key: string) => draft.entries.get(key)?.origin ?? defaultsFile;
  const partial = checkFields(draft.entries, draft.problems, defaultsFile);
  checkRules(partial, env['NODE_ENV'] === 'production', (key, wrong) => draft.problems.push({ key, wrong, origin: originOf(key) }));
  const declared = readChannels(draft, env, defaultsFile);
  const keyFile = findKeyFile(partial, cwd, draft.problems);

  const parsed = settingsSchema.safeParse(partial);
  if (!parsed.success || draft.problems.length > 0) throw new SettingsError(draft.problems);
  const tree = parsed.data;
  const settings = decideSettings(tree, declared.channels, cwd);
  const origins = new Map([...SETTING_FIELDS.keys()].map((key) => [key, originOf(key)] as const));
  for (const [key, origin] of [['channels', draft.channels?.file.originOf(['channels']) ?? defaultsFile] as const, ...declared.origins]) {
    origins.set(key, origin);
  }
  return { tree, settings, credentials: declared.credentials, origins, configDir, keyFile };
}

/** In a file, a secret setting or the database's address may be a reference, like the credentials of a channel. */
function followReferences(draft: SettingsDraft, env: NodeJS.ProcessEnv): void {
  for (const { key, isSecret } of SETTING_FIELDS.values()) {
    const entry = draft.entries.get(key);
    if (entry?.isFromFile !== true || (!isSecret && key !== 'database.url')) continue;
    let { origin } = entry;
    let isUnresolved = false;
    const follow = (value: unknown): unknown => {
      const reference = typeof value === 'string' ? parseSecretReference(value) : null;
      if (reference === null) return value;
      const resolved = resolveSecret(reference, env);
      if ('missing' in resolved) {
        draft.problems.push({ key, wrong: resolved.missing, origin: entry.origin });
        isUnresolved = true;
        return null;
      }
      origin = `${entry.origin} via ${resolved.origin}`;
      return resolved.text;
    };
    const value = Array.isArray(entry.value) ? entry.value.map(follow) : follow(entry.value);
    draft.entries.set(key, { ...entry, value, origin, isUnresolved });
  }
}

function readChannels(draft: SettingsDraft, env: NodeJS.ProcessEnv, defaultsFile: string): ReadChannels {
  if (draft.channels === null) {
    draft.problems.push({ key: 'channels', wrong: 'is missing; it must be a list, [] for none', origin: defaultsFile });
    return { channels: [], credentials: [], origins: new Map() };
  }
  const { value, file } = draft.channels;
  return readDeclaredChannels(value, file, (reference) => resolveSecret(reference, env), draft.problems);
}

function findKeyFile({ database }: PartialTree, cwd: string, problems: SettingProblem[]): KeyFile | null {
  const address = database.url === undefined ? null : parseDatabaseUrl(database.url);
  if (address?.engine !== 'sqlite') return null;
  const path = encryptionKeyFileBeside(resolve(cwd, address.file));
  const shownPath = showPath(path, cwd);
  return { path, shownPath, key: tellProblems(shownPath, (problem) => problems.push(problem), () => readEncryptionKeyFile(path)) };
}

/** A key that is given seals from now on; the key of the file, if there is one, still opens what it sealed before. */
function openKeyRing(encryption: SettingsTree['encryption'], keyFile: KeyFile | null): EncryptionKeyRing {
  const previous = encryption.previousKeys.map(toKey);
  if (encryption.key !== null) return toEncryptionKeyRing(toKey(encryption.key), keyFile?.key ? [...previous, keyFile.key] : previous);
  if (keyFile === null) throw new Error('A database without a key file was not checked for a key');
  return toEncryptionKeyRing(keyFile.key ?? makeKeyFile(keyFile), previous);
}

function makeKeyFile({ path, shownPath }: KeyFile): Buffer {
  try {
    return createEncryptionKeyFile(path);
  } catch (error) {
    throw new SettingsError([keyFileProblem(shownPath, error)]);
  }
}

function tellProblems<T>(shownPath: string, report: (problem: SettingProblem) => void, read: () => T | null): T | null {
  try {
    return read();
  } catch (error) {
    report(keyFileProblem(shownPath, error));
    return null;
  }
}

function keyFileProblem(shownPath: string, error: unknown): SettingProblem {
  return { key: 'encryption.key', wrong: `the key file ${error instanceof Error ? error.message : 'is unusable'}`, origin: shownPath };
}

function toKey(text: string): Buffer {
  const key = parseEncryptionKey(text);
  if (key === null) throw new Error('An encryption key was not checked');
  return key;
}
