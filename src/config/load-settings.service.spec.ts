import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadSettings } from './load-settings.service.js';
import { SettingsError } from './setting-problem.js';
import { SETTING_FIELDS, type SettingField } from './sources/setting-fields.js';

const DEFAULTS = resolve(__dirname, '../../config/default.yaml');
const KEY = Buffer.alloc(32, 1).toString('base64');
const OLDER_KEY = Buffer.alloc(32, 2).toString('base64');

let cwd: string;
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'settings-'))));
afterEach(() => rmSync(cwd, { recursive: true }));

function write(path: string, text: string): string {
  const absolute = join(cwd, path);
  mkdirSync(dirname(absolute), { recursive: true });
  writeFileSync(absolute, text);
  return absolute;
}

const load = (env: NodeJS.ProcessEnv = {}) => loadSettings({ env, cwd });

/** The lines under the heading of the one message. */
function problemsOf(env: NodeJS.ProcessEnv = {}): string[] {
  try {
    load(env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.message.split('\n').slice(1).map((line) => line.trim());
  }
  throw new Error('The settings were accepted');
}

describe('config/default.yaml', () => {
  const sections = parse(readFileSync(DEFAULTS, 'utf8')) as Record<string, Record<string, unknown>>;

  it('names the settings that the schema has, no more and no fewer', () => {
    const { channels, ...rest } = sections;
    const inFile = Object.entries(rest).flatMap(([section, group]) => Object.keys(group).map((name) => `${section}.${name}`));
    expect(inFile).toEqual([...SETTING_FIELDS.keys()]);
    expect(channels).toEqual([]);
  });

  it('has a comment above every setting', () => {
    const lines = readFileSync(DEFAULTS, 'utf8').split('\n');
    const bare = lines.filter((line, index) => /^ {2}[a-z]\w*:/i.test(line) && !/^ {2}# \S/.test(lines[index - 1] ?? ''));
    expect(bare).toEqual([]);
  });
});

describe('the files for other environments', () => {
  const CONFIG_DIR = dirname(DEFAULTS);

  it('change nothing in production', () => {
    const { settings } = load({ CONFIG_DIR, NODE_ENV: 'production', ENCRYPTION_KEY: KEY });
    expect(settings).toEqual(load().settings);
  });

  it('turn to a simulator on this machine in the sandbox', () => {
    const { x, server, database } = load({ CONFIG_DIR, NODE_ENV: 'sandbox' }).settings;
    expect([x.apiUrl, x.uploadUrl, server.publicUrl]).toEqual(Array(3).fill(expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)));
    expect(database).toMatchObject({ engine: 'sqlite', file: join(cwd, 'data/sandbox.db') });
  });
});

describe('the settings', () => {
  it('are the defaults where nothing else is said, wherever the service is started', () => {
    const { settings, secrets, origins } = load();
    expect(settings.server).toMatchObject({ host: '127.0.0.1', port: 3_000, publicUrl: null });
    expect(settings.database).toEqual({ engine: 'sqlite', file: join(cwd, 'data/twitter-channel.db'), sqliteBusyTimeoutMs: 5_000 });
    expect(settings.channels).toEqual([]);
    expect(secrets.adminApiKey).toBeNull();
    expect(origins.get('server.port')).toMatch(/config\/default\.yaml:\d+$/);
  });

  it('take a file over the defaults, and a variable over the file', () => {
    write('config/staging.yaml', 'server:\n  port: 4000\n  host: 0.0.0.0\n');
    const { settings, origins } = load({ NODE_ENV: 'staging', TWITTER_CHANNEL__SERVER__PORT: '5000' });
    expect(settings.server).toMatchObject({ host: '0.0.0.0', port: 5_000, maxBodyBytes: 65_536 });
    expect(origins.get('server.host')).toBe('config/staging.yaml:3');
    expect(origins.get('server.port')).toBe('TWITTER_CHANNEL__SERVER__PORT');
  });

  it('take a default.yaml of one’s own over the one that comes with the service', () => {
    write('elsewhere/default.yaml', 'webhook:\n  groupCommitMaxRows: 7\n');
    const { settings, configDir } = load({ CONFIG_DIR: './elsewhere' });
    expect(settings.webhook).toMatchObject({ groupCommitMaxRows: 7, acknowledgeWithinMs: 2_400 });
    expect(configDir).toBe(join(cwd, 'elsewhere'));
  });

  it('are not changed by a file of another environment, an empty file or an empty section', () => {
    write('config/staging.yaml', 'server:\n  port: 4000\n');
    write('config/test.yaml', '# nothing\n');
    write('config/dev.yaml', 'server:\nchannels:\n');
    expect(load().settings.server.port).toBe(3_000);
    expect(load({ NODE_ENV: 'test' }).settings.server.port).toBe(3_000);
    expect(load({ NODE_ENV: 'dev' }).settings.channels).toEqual([]);
  });

  it('hold no secret', () => {
    const env = { ADMIN_API_KEY: 'canary-admin-key-1', ENCRYPTION_KEY: KEY, DATABASE_URL: 'postgres://jane:canary-password@db/name' };
    const { settings, secrets } = load(env);
    expect(settings.database).toEqual({ engine: 'postgres', postgresPoolSize: 10, postgresTimeoutMs: 8_000, postgresMayLoseCommits: false });
    expect(JSON.stringify(settings)).not.toMatch(/canary|AQEB/);
    expect(secrets).toMatchObject({ adminApiKey: env.ADMIN_API_KEY, databaseUrl: env.DATABASE_URL });
  });

  it('cannot be changed by who uses them', () => {
    const { settings } = load();
    expect(() => Object.assign(settings.server, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(settings.channels, { 0: {} })).toThrow(TypeError);
  });

  it('have addresses without a slash at the end', () => {
    const { settings } = load({ PUBLIC_URL: 'https://DM.example.com/', X_API_URL: 'http://localhost:4000/' });
    expect(settings.server.publicUrl).toBe('https://dm.example.com');
    expect(settings.x.apiUrl).toBe('http://localhost:4000');
  });

  it('allow a public address with plain http and a port while X is on loopback', () => {
    const { settings } = load({ PUBLIC_URL: 'http://127.0.0.1:3000', X_API_URL: 'http://127.0.0.1:4000' });
    expect(settings.server.publicUrl).toBe('http://127.0.0.1:3000');
  });

  it('may be given by the short and the long name if both say the same', () => {
    expect(load({ PORT: '4000', TWITTER_CHANNEL__SERVER__PORT: '4000' }).settings.server.port).toBe(4_000);
  });
});

describe('every setting', () => {
  /** A value of the setting that is allowed and is not its default, with the text of a variable for it. */
  function otherValue({ key, schema }: SettingField, current: unknown): { text: string; value: unknown } {
    const special: Record<string, { text: string; value: unknown }> = {
      'server.publicUrl': { text: 'https://dm.example.com', value: 'https://dm.example.com' },
      'database.url': { text: 'sqlite:./other.db', value: 'sqlite:./other.db' },
      'access.adminApiKey': { text: 'sixteen-or-more-characters', value: 'sixteen-or-more-characters' },
      'encryption.key': { text: KEY, value: KEY },
      'encryption.previousKeys': { text: `${KEY}, ${OLDER_KEY}`, value: [KEY, OLDER_KEY] },
      'access.requestsPerMinute': { text: '60', value: 60 },
      'access.wrongKeysPerMinute': { text: '6', value: 6 },
      'callbacks.allowedHosts': { text: '10.1.0.0/16, hooks.internal', value: ['10.1.0.0/16', 'hooks.internal'] },
      'media.allowedHosts': { text: '10.1.0.0/16, files.internal', value: ['10.1.0.0/16', 'files.internal'] },
      'media.directory': { text: '/srv/media', value: '/srv/media' },
      'retention.messagesDays': { text: '30', value: 30 },
      'callbacks.retryDelaysMs': { text: '0, 7000', value: [0, 7000] },
      'x.apiUrl': { text: 'https://api.example.com', value: 'https://api.example.com' },
      'x.uploadUrl': { text: 'https://upload.example.com', value: 'https://upload.example.com' },
    };
    const listed = special[key];
    if (listed !== undefined) return listed;
    if (typeof current === 'number') return { text: String(current - 1), value: current - 1 };
    if (typeof current === 'boolean') return { text: String(!current), value: !current };
    if (schema instanceof z.ZodEnum) {
      const value = schema.options.find((option) => option !== current);
      return { text: String(value), value };
    }
    return { text: 'other-value', value: 'other-value' };
  }

  const defaults = parse(readFileSync(DEFAULTS, 'utf8')) as Record<string, Record<string, unknown>>;
  const cases = [...SETTING_FIELDS.values()].flatMap((field) =>
    [field.variable, field.shortVariable].flatMap((variable) => (variable === null ? [] : [[variable, field] as const])),
  );

  it.each(cases)('is overridden by %s', (variable, field) => {
    const { text, value } = otherValue(field, defaults[field.section]?.[field.name]);
    // A setting of PostgreSQL, which needs a key.
    const needed = field.name.startsWith('postgres') ? { DATABASE_URL: 'postgres://db/name', ENCRYPTION_KEY: KEY } : {};
    const { settings, secrets, origins } = load({ ...needed, [variable]: text });
    expect(origins.get(field.key)).toBe(variable);
    const ring = secrets.encryptionKeys;
    const inSecrets: Record<string, unknown> = {
      'database.url': secrets.databaseUrl,
      'access.adminApiKey': secrets.adminApiKey,
      'encryption.key': ring.current.key.toString('base64'),
      'encryption.previousKeys': ring.previous.map(({ key }) => key.toString('base64')),
    };
    const groups = settings as unknown as Record<string, Record<string, unknown>>;
    expect(field.key in inSecrets ? inSecrets[field.key] : groups[field.section]?.[field.name]).toEqual(value);
  });

  it.each([...SETTING_FIELDS.values()].map((field) => [field.key, field] as const))('%s is refused when it is of another kind', (key, field) => {
    write('config/test.yaml', `${field.section}:\n  ${field.name}: { not: [this] }\n`);
    const [problem, ...others] = problemsOf({ NODE_ENV: 'test' });
    expect(others).toEqual([]);
    expect(problem).toMatch(`${key}: ${field.isSecret ? '(hidden)' : 'a group of keys'} must be ${field.schema.description}`);
    expect(problem).toContain('[from config/test.yaml:2]');
  });
});

describe('the encryption key', () => {
  const keyFile = () => join(cwd, 'data/encryption.key');

  it('is made beside the SQLite database at the first start, and is the same at the second', () => {
    const first = load();
    expect(first.origins.get('encryption.key')).toBe('data/encryption.key');
    expect(load().secrets.encryptionKeys).toEqual(first.secrets.encryptionKeys);
    expect(first.secrets.encryptionKeys.current.key.toString('base64')).toBe(readFileSync(keyFile(), 'utf8').trim());
  });

  it('is not made when one is given', () => {
    const { secrets } = load({ ENCRYPTION_KEY: KEY });
    expect(secrets.encryptionKeys.current.key.toString('base64')).toBe(KEY);
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });

  it('of the file still opens what it sealed, after one is given', () => {
    const before = load().secrets.encryptionKeys.current;
    const { current, previous } = load({ ENCRYPTION_KEY: KEY, ENCRYPTION_KEYS_PREVIOUS: OLDER_KEY }).secrets.encryptionKeys;
    expect(current.key.toString('base64')).toBe(KEY);
    expect(previous.map(({ id }) => id)).toContain(before.id);
    expect(previous).toHaveLength(2);
  });

  it('is not made when anything else is wrong', () => {
    expect(problemsOf({ PORT: 'abc' })).toHaveLength(1);
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });

  it.each([
    ['in production', { NODE_ENV: 'production' }, 'NODE_ENV is production'],
    ['with PostgreSQL', { DATABASE_URL: 'postgres://jane:secret@db/name' }, 'the database is PostgreSQL'],
  ])('must be given %s, also where a key file is', (_when, env, reason) => {
    load();
    expect(problemsOf(env)).toEqual([expect.stringMatching(`^encryption.key: is not set, and must be when ${reason}`)]);
  });

  it('in a malformed file stops the start, together with what else is wrong', () => {
    write('data/encryption.key', 'canary');
    const problems = problemsOf({ PORT: 'abc' });
    expect(problems[0]).toMatch(/^server\.port: "abc"/);
    expect(problems[1]).toMatch(/^encryption\.key: the key file must hold 32 bytes .*\[from data\/encryption\.key\]$/);
    expect(problems.join()).not.toContain('canary');
  });
});
