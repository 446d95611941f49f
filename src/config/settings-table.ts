import type { ChannelCredentials, DeclaredChannel, SettingsTree } from './settings.js';
import { SETTING_FIELDS } from './sources/setting-fields.js';
import { showUrl } from './values/shown-value.js';

/** What a listing of the settings is made of. */
export interface ListedSettings {
  tree: SettingsTree;
  channels: readonly DeclaredChannel[];
  credentials: readonly ChannelCredentials[];
  origins: ReadonlyMap<string, string>;
  /** The place of a generated encryption key; null where there is none. */
  keyFile: { shownPath: string; exists: boolean } | null;
}

type Row = readonly [key: string, value: string, origin: string];

const SECRET_IS_SET = 'set (hidden)';
const NOT_SET = 'not set';

/** Every setting on a line of its own: key, value and where it came from, in aligned columns. Secrets are not in it. */
export function toSettingsTable(listed: ListedSettings): string {
  const rows: Row[] = [['SETTING', 'VALUE', 'FROM'], ...settingRows(listed), ...channelRows(listed)];
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length));
  const [keyWidth, valueWidth] = [width(0), width(1)];
  return rows.map(([key, value, origin]) => `${key.padEnd(keyWidth)}  ${value.padEnd(valueWidth)}  ${origin}`).join('\n');
}

function settingRows({ tree, origins, keyFile }: ListedSettings): Row[] {
  const groups: Record<string, Record<string, unknown>> = tree;
  return [...SETTING_FIELDS.values()].map(({ key, section, name, isSecret }) => {
    const value = groups[section]?.[name];
    if (key === 'encryption.key' && value === null && keyFile !== null) {
      return keyFile.exists ? [key, SECRET_IS_SET, keyFile.shownPath] : [key, NOT_SET, `${keyFile.shownPath}, made at the first start`];
    }
    return [key, isSecret ? showSecret(value) : showPlain(value), origins.get(key) ?? ''];
  });
}

function channelRows({ channels, credentials, origins }: ListedSettings): Row[] {
  if (channels.length === 0) return [['channels', 'none', origins.get('channels') ?? '']];
  return channels.flatMap((channel, index) => {
    const row = (name: string, value: string): Row => {
      const key = `channels[${index}].${name}`;
      return [key, value, origins.get(key) ?? 'left out'];
    };
    const plain = Object.entries(channel).map(([name, value]) => row(name, showPlain(value)));
    const secret = Object.entries(credentials[index] ?? {}).map(([name, value]) => row(name, showSecret(value)));
    return [...plain, ...secret];
  });
}

function showPlain(value: unknown): string {
  if (value === null || value === undefined) return NOT_SET;
  return typeof value === 'string' ? showUrl(value) : JSON.stringify(value);
}

function showSecret(value: unknown): string {
  const isSet = Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined;
  return isSet ? SECRET_IS_SET : NOT_SET;
}
