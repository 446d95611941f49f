import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadSettings } from './load-settings.service.js';
import { SettingsError } from './setting-problem.js';

const ENV = { ACME_KEY: 'consumer-key', ACME_SECRET: 'consumer-secret', ACME_TOKEN: '1-token', ACME_TOKEN_SECRET: 'token-secret' };
const CHANNEL = {
  name: 'Acme support',
  consumerKey: '${ACME_KEY}',
  consumerSecret: '${ACME_SECRET}',
  accessToken: '${ACME_TOKEN}',
  accessTokenSecret: '${ACME_TOKEN_SECRET}',
  environmentName: 'production',
};

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'settings-'));
  mkdirSync(join(cwd, 'config'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function load(channels: unknown, env: NodeJS.ProcessEnv = ENV) {
  writeFileSync(join(cwd, 'config/test.yaml'), stringify({ channels }));
  return loadSettings({ env: { ...env, NODE_ENV: 'test' }, cwd });
}

function problemsOf(channels: unknown, env: NodeJS.ProcessEnv = ENV): string[] {
  try {
    load(channels, env);
  } catch (error) {
    if (error instanceof SettingsError) return error.message.split('\n').slice(1).map((line) => line.trim());
    throw error;
  }
  throw new Error('The channels were accepted');
}

describe('a declared channel', () => {
  it('is what the file says, its credentials apart', () => {
    const { settings, secrets, origins } = load([CHANNEL]);
    expect(settings.channels).toEqual([
      {
        name: 'Acme support',
        environmentName: 'production',
        eventsApi: 'account-activity-premium',
        messagesApi: 'v1.1',
        policy: {},
        team: 'default',
        connect: false,
      },
    ]);
    expect(secrets.channels).toEqual([
      { consumerKey: 'consumer-key', consumerSecret: 'consumer-secret', accessToken: '1-token', accessTokenSecret: 'token-secret' },
    ]);
    expect(origins.get('channels[0].accessToken')).toBe('config/test.yaml:5 via ACME_TOKEN');
  });

  it('says everything that it may', () => {
    const full = { ...CHANNEL, eventsApi: 'account-activity-premium', messagesApi: 'v1.1', policy: { beyondAllotment: 'hold', appShare: 0.5 }, team: 'care', connect: true };
    expect(load([full]).settings.channels[0]).toMatchObject({ policy: { beyondAllotment: 'hold', appShare: 0.5 }, team: 'care', connect: true });
  });

  it('may have what the app has for OAuth 2.0, the secret as a reference', () => {
    const { secrets } = load([{ ...CHANNEL, clientId: 'client-id', clientSecret: '${CLIENT_SECRET}' }], { ...ENV, CLIENT_SECRET: 'client-secret' });
    expect(secrets.channels[0]).toMatchObject({ consumerKey: 'consumer-key', clientId: 'client-id', clientSecret: 'client-secret' });
    expect(problemsOf([{ ...CHANNEL, clientSecret: 'canary' }])).toEqual([expect.stringMatching(/^channels\[0\]\.clientSecret: \(hidden\) is written out/)]);
    expect(problemsOf([{ ...CHANNEL, clientSecret: null }])).toEqual([expect.stringMatching(/^channels\[0\]\.clientSecret: is missing/)]);
  });

  it('finds its credentials in the order of the channels', () => {
    const { settings, secrets } = load([CHANNEL, { ...CHANNEL, name: 'Second', accessToken: '${SECOND_TOKEN}' }], { ...ENV, SECOND_TOKEN: '2-token' });
    expect(settings.channels.map(({ name }) => name)).toEqual(['Acme support', 'Second']);
    expect(secrets.channels.map(({ accessToken }) => accessToken)).toEqual(['1-token', '2-token']);
  });

  it('may have a secret in a file, with a line break behind it', () => {
    const path = join(cwd, 'token');
    writeFileSync(path, '1-from-file\n');
    const { secrets, origins } = load([{ ...CHANNEL, accessToken: `file:${path}` }]);
    expect(secrets.channels[0]?.accessToken).toBe('1-from-file');
    expect(origins.get('channels[0].accessToken')).toBe(`config/test.yaml:5 via ${path}`);
  });

  it('may have its consumer key written out', () => {
    expect(load([{ ...CHANNEL, consumerKey: 'abcDEF123' }]).secrets.channels[0]?.consumerKey).toBe('abcDEF123');
  });

  const reference = 'a reference, ${NAME_OF_A_VARIABLE} or file:/absolute/path';
  const wasWritten = `(hidden) is written out, which is not allowed for a secret; it must be ${reference}`;
  it.each<[string, Record<string, unknown>, string]>([
    ['a literal secret', { consumerSecret: 'canary' }, `channels[0].consumerSecret: ${wasWritten} [from config/test.yaml:4]`],
    ['a secret that is a number', { accessTokenSecret: 12345 }, `channels[0].accessTokenSecret: ${wasWritten} [from config/test.yaml:6]`],
    ['a reference gone wrong', { accessToken: '$ACME_TOKEN' }, `channels[0].accessToken: ${wasWritten} [from config/test.yaml:5]`],
    ['a reference gone wrong for the consumer key', { consumerKey: '${ACME KEY}' }, `channels[0].consumerKey: ${wasWritten} [from config/test.yaml:3]`],
    ['a relative file', { accessToken: 'file:token' }, `channels[0].accessToken: ${wasWritten} [from config/test.yaml:5]`],
    ['no secret', { accessToken: undefined }, `channels[0].accessToken: is missing; it must be ${reference} [from config/test.yaml:2]`],
    ['an unset variable', { accessToken: '${UNSET}' }, 'channels[0].accessToken: refers to the variable UNSET, which is not set [from config/test.yaml:5]'],
    ['an empty variable', { accessToken: '${EMPTY}' }, 'channels[0].accessToken: refers to the variable EMPTY, which is not set [from config/test.yaml:5]'],
    [
      'a secret with a space in it',
      { accessToken: '${SPACED}' },
      'channels[0].accessToken: leads to a text with white space in it [from config/test.yaml:5 via SPACED]',
    ],
    [
      'a missing file',
      { accessToken: 'file:/no/such/file' },
      'channels[0].accessToken: refers to the file /no/such/file, which cannot be read (ENOENT) [from config/test.yaml:5]',
    ],
    ['no environment', { environmentName: undefined }, 'channels[0].environmentName: is missing; it must be the label of the dev environment at X, without spaces or slashes [from config/test.yaml:2]'],
    ['an environment with a slash', { environmentName: 'a/b' }, 'channels[0].environmentName: "a/b" must be the label of the dev environment at X, without spaces or slashes [from config/test.yaml:7]'],
    ['an empty name', { name: ' ' }, 'channels[0].name: " " must be a text of 1 to 100 characters [from config/test.yaml:2]'],
    ['a messages API that X does not have', { messagesApi: 'v3' }, 'channels[0].messagesApi: "v3" must be one of v1.1, v2 [from config/test.yaml:8]'],
    [
      'an unheard-of events API',
      { eventsApi: 'carrier-pigeon' },
      'channels[0].eventsApi: "carrier-pigeon" must be one of account-activity-premium, account-activity-enterprise, account-activity-v2, x-activity [from config/test.yaml:8]',
    ],
    ['an unheard-of messages API', { messagesApi: 'v3' }, 'channels[0].messagesApi: "v3" must be one of v1.1, v2 [from config/test.yaml:8]'],
    ['a share of more than all', { policy: { appShare: 1.5 } }, 'channels[0].policy: a group of keys must be { beyondAllotment: count | hold | refuse, appShare: 0 to 1, afterUnknown: wait | go-on, keepMessagesDays: 0 to 3650 } [from config/test.yaml:9]'],
    ['an unheard-of policy', { policy: { beyondAllotment: 'hope' } }, 'channels[0].policy: a group of keys must be { beyondAllotment: count | hold | refuse, appShare: 0 to 1, afterUnknown: wait | go-on, keepMessagesDays: 0 to 3650 } [from config/test.yaml:9]'],
    ['connect as a word', { connect: 'yes' }, 'channels[0].connect: "yes" must be true or false [from config/test.yaml:8]'],
    ['a misspelt name', { consumerSercet: 'canary' }, 'channels[0].consumerSercet: is no setting of a channel; did you mean consumerSecret? [from config/test.yaml:8]'],
  ])('with %s is refused', (_what, change, line) => {
    expect(problemsOf([{ ...CHANNEL, ...change }], { ...ENV, EMPTY: ' ', SPACED: 'canary canary' })).toEqual([line]);
  });

  it('is told by its place from the others', () => {
    expect(problemsOf([CHANNEL, { ...CHANNEL, accessToken: '${UNSET}' }])).toEqual([
      'channels[1].accessToken: refers to the variable UNSET, which is not set [from config/test.yaml:11]',
    ]);
  });

  it('is a group of keys', () => {
    expect(problemsOf(['Acme'])).toEqual(['channels[0]: must be a channel, with its settings under the dash [from config/test.yaml:2]']);
  });
});
