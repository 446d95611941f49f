import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from './load-settings.service.js';
import { SettingsError } from './setting-problem.js';

const KEY = Buffer.alloc(32, 1).toString('base64');

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'settings-'));
  mkdirSync(join(cwd, 'config'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

/** The whole message that a start with these variables, and this config/test.yaml, ends with. */
function messageFor(env: NodeJS.ProcessEnv, yaml?: string): string {
  if (yaml !== undefined) writeFileSync(join(cwd, 'config/test.yaml'), yaml);
  try {
    loadSettings({ env: { ...(yaml === undefined ? {} : { NODE_ENV: 'test' }), ...env }, cwd });
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error('The settings were accepted');
}

const linesFor = (env: NodeJS.ProcessEnv, yaml?: string) => messageFor(env, yaml).split('\n').slice(1);

describe('the message about a wrong variable', () => {
  it.each<[NodeJS.ProcessEnv, string]>([
    [{ PORT: 'abc' }, 'server.port: "abc" must be a whole number from 0 to 65535 [from PORT]'],
    [{ PORT: '70000' }, 'server.port: 70000 must be a whole number from 0 to 65535 [from PORT]'],
    [{ PORT: '' }, 'server.port: "" must be a whole number from 0 to 65535 [from PORT]'],
    [{ HOST: 'two words' }, 'server.host: "two words" must be a host name or an IP address [from HOST]'],
    [
      { TWITTER_CHANNEL__SERVER__DOCS_ENABLED: 'yes' },
      'server.docsEnabled: "yes" must be true or false [from TWITTER_CHANNEL__SERVER__DOCS_ENABLED]',
    ],
    [
      { TWITTER_CHANNEL__LOGGING__LEVEL: 'loud' },
      'logging.level: "loud" must be one of trace, debug, info, warn, error, fatal, silent [from TWITTER_CHANNEL__LOGGING__LEVEL]',
    ],
    [
      { TWITTER_CHANNEL__WEBHOOK__ACKNOWLEDGE_WITHIN_MS: '3000' },
      'webhook.acknowledgeWithinMs: 3000 must be a whole number of milliseconds from 1 to 2999 [from TWITTER_CHANNEL__WEBHOOK__ACKNOWLEDGE_WITHIN_MS]',
    ],
    [
      { TWITTER_CHANNEL__TIMETABLE__CLEAN_UP_MS: '2147483648' },
      'timetable.cleanUpMs: 2147483648 must be a whole number of milliseconds from 1 to 2147483647 [from TWITTER_CHANNEL__TIMETABLE__CLEAN_UP_MS]',
    ],
    [
      { TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BITES: '1' },
      'TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BITES: is the variable of no setting; did you mean TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BYTES? [from TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BITES]',
    ],
    [
      { TWITTER_CHANNEL__NOTHING_LIKE_IT_AT_ALL: '1' },
      'TWITTER_CHANNEL__NOTHING_LIKE_IT_AT_ALL: is the variable of no setting; all of them are in config/default.yaml [from TWITTER_CHANNEL__NOTHING_LIKE_IT_AT_ALL]',
    ],
    [
      { TWITTER_CHANNEL__CHANNELS: '[]' },
      'TWITTER_CHANNEL__CHANNELS: is no setting; channels are declared in YAML only [from TWITTER_CHANNEL__CHANNELS]',
    ],
    [
      { PORT: '1', TWITTER_CHANNEL__SERVER__PORT: '2' },
      'server.port: has two different values ("1" and "2"); set only one of the two variables [from PORT and TWITTER_CHANNEL__SERVER__PORT]',
    ],
    [
      { ADMIN_API_KEY: 'sixteen-characters-1', TWITTER_CHANNEL__ACCESS__ADMIN_API_KEY: 'sixteen-characters-2' },
      'access.adminApiKey: has two different values; set only one of the two variables [from ADMIN_API_KEY and TWITTER_CHANNEL__ACCESS__ADMIN_API_KEY]',
    ],
    [
      { ADMIN_API_KEY: 'fifteen-letters' },
      'access.adminApiKey: (hidden) must be at least 16 visible ASCII characters without a space, or null [from ADMIN_API_KEY]',
    ],
    [{ ENCRYPTION_KEY: 'c2hvcnQ=' }, 'encryption.key: (hidden) must be 32 bytes in base64 (44 characters), or null [from ENCRYPTION_KEY]'],
    [
      { ENCRYPTION_KEYS_PREVIOUS: `${KEY},c2hvcnQ=` },
      'encryption.previousKeys[1]: (hidden) must be a list of keys, each 32 bytes in base64 (44 characters) [from ENCRYPTION_KEYS_PREVIOUS]',
    ],
    [
      { DATABASE_URL: 'mysql://jane:secret@db/name' },
      'database.url: "mysql://jane:(hidden)@db/name" must be sqlite:<file>, such as sqlite:./data/twitter-channel.db, or postgres://user:password@host:5432/name [from DATABASE_URL]',
    ],
    [
      { DATABASE_URL: 'sqlite::memory:' },
      'database.url: "sqlite::memory:" must be sqlite:<file>, such as sqlite:./data/twitter-channel.db, or postgres://user:password@host:5432/name; one in memory is refused, because reads and writes use a connection each and both need the same data [from DATABASE_URL]',
    ],
    [
      { PUBLIC_URL: 'https://dm.example.com/webhook' },
      'server.publicUrl: "https://dm.example.com/webhook" must be an https origin without a port, path, query or user name, or null [from PUBLIC_URL]',
    ],
    [
      { PUBLIC_URL: 'https://dm.example.com:8443' },
      'server.publicUrl: "https://dm.example.com:8443" must be an https origin without a port; plain http and a port are for a simulator only, with x.apiUrl on a loopback address [from PUBLIC_URL]',
    ],
    [
      { PUBLIC_URL: 'http://127.0.0.1', X_API_URL: 'https://simulator.example.com' },
      'server.publicUrl: "http://127.0.0.1" must be an https origin without a port; plain http and a port are for a simulator only, with x.apiUrl on a loopback address [from PUBLIC_URL]',
    ],
    [
      { X_API_URL: 'http://api.x.com' },
      'x.apiUrl: "http://api.x.com" must be an https origin without a path; plain http only on a loopback address [from X_API_URL]',
    ],
    [
      { TWITTER_CHANNEL__TIMETABLE__SUBSCRIPTION_CHECK_JITTER_MS: '300000' },
      'timetable.subscriptionCheckJitterMs: 300000 must be less than timetable.subscriptionCheckMs, the time between two checks [from TWITTER_CHANNEL__TIMETABLE__SUBSCRIPTION_CHECK_JITTER_MS]',
    ],
    [
      { TWITTER_CHANNEL__MESSAGING__LEASE_MS: '10000' },
      'messaging.leaseMs: 10000 must be more than one and a half times x.timeoutMs (10000), or a send is taken for abandoned while X is still answering it [from TWITTER_CHANNEL__MESSAGING__LEASE_MS]',
    ],
    [{ NODE_ENV: '../secrets' }, 'NODE_ENV: "../secrets" must be small letters, digits and hyphens, such as production [from NODE_ENV]'],
    [{ NODE_ENV: 'Production' }, 'NODE_ENV: "Production" must be small letters, digits and hyphens, such as production [from NODE_ENV]'],
    [{ CONFIG_DIR: './nowhere' }, 'CONFIG_DIR: "./nowhere" must be an existing folder [from CONFIG_DIR]'],
  ])('%j', (env, line) => {
    expect(linesFor(env)).toEqual([`  ${line}`]);
  });
});

describe('the message about a wrong file', () => {
  it.each<[string, string]>([
    ['webhook:\n  maxBodyBites: 1\n', 'webhook.maxBodyBites: is no setting; did you mean webhook.maxBodyBytes? [from config/test.yaml:2]'],
    ['webhok:\n  maxBodyBytes: 1\n', 'webhok: is no section of the settings; did you mean webhook? [from config/test.yaml:2]'],
    ['maxBodyBytes: 1\n', 'maxBodyBytes: is no section of the settings; all of them are in config/default.yaml [from config/test.yaml:1]'],
    ['server: 3000\n', 'server: must be settings, one a line, under this name [from config/test.yaml:1]'],
    ['server:\n  port: "3000"\n', 'server.port: "3000" must be a whole number from 0 to 65535 [from config/test.yaml:2]'],
    ['server:\n  port: null\n', 'server.port: null must be a whole number from 0 to 65535 [from config/test.yaml:2]'],
    ['just a sentence\n', 'config/test.yaml: must be sections with settings under them [from config/test.yaml]'],
    ['a: 1\nserver:\n  port: "30\n', 'config/test.yaml:4: is not valid YAML (missing char) [from config/test.yaml:4]'],
    ['server:\n\tport: 1\n', 'config/test.yaml:2: is not valid YAML (tab as indent) [from config/test.yaml:2]'],
    ['server:\n  port: 1\n  port: 2\n', 'config/test.yaml:3: is not valid YAML (duplicate key) [from config/test.yaml:3]'],
    ['server:\n  port: *elsewhere\n', 'config/test.yaml:2: is not valid YAML (bad alias) [from config/test.yaml:2]'],
    [
      'access:\n  adminApiKey: ${NOT_SET}\n',
      'access.adminApiKey: refers to the variable NOT_SET, which is not set [from config/test.yaml:2]',
    ],
    [
      'database:\n  url: file:/no/such/file\n',
      'database.url: refers to the file /no/such/file, which cannot be read (ENOENT) [from config/test.yaml:2]',
    ],
    ['channels: none\n', 'channels: must be a list, each entry beginning with a dash [from config/test.yaml:1]'],
  ])('%j', (yaml, line) => {
    expect(linesFor({}, yaml)).toEqual([`  ${line}`]);
  });

  it('says nothing of what the file might have said, as long as it cannot be read', () => {
    writeFileSync(join(cwd, 'config/production.yaml'), 'encryption:\n  key: "${KEY}\n');
    const [problem, ...others] = linesFor({ NODE_ENV: 'production' });
    expect(problem).toContain('config/production.yaml:3: is not valid YAML');
    expect(others).toEqual([]);
  });

  it('names a folder that stands where the file should', () => {
    mkdirSync(join(cwd, 'config/test.yaml'));
    expect(linesFor({ NODE_ENV: 'test' })).toEqual(['  config/test.yaml: cannot be read (EISDIR) [from config/test.yaml]']);
  });
});

describe('one message', () => {
  it('holds all problems, of files and variables alike', () => {
    const env = { PORT: 'abc', PUBLIC_URL: 'ftp://x', TWITTER_CHANNEL__X__APIURL: '1', ADMIN_API_KEY: 'short', NODE_ENV: 'test' };
    const message = messageFor(env, 'server:\n  hots: 1\nlogging:\n  level: loud\nchannels:\n  - name: Acme\n');
    expect(message.split('\n')[0]).toBe('The configuration has 11 problems, so nothing is started:');
    const keys = message.split('\n').slice(1).map((line) => line.trim().split(': ')[0]);
    expect(keys).toEqual([
      'server.hots',
      'TWITTER_CHANNEL__X__APIURL',
      'server.port',
      'server.publicUrl',
      'access.adminApiKey',
      'logging.level',
      'channels[0].environmentName',
      'channels[0].consumerKey',
      'channels[0].consumerSecret',
      'channels[0].accessToken',
      'channels[0].accessTokenSecret',
    ]);
  });

  it('says so when there is only one', () => {
    expect(messageFor({ PORT: 'abc' })).toMatch(/^The configuration has one problem, so nothing is started:\n/);
  });
});
