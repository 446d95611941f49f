import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from './load-settings.service.js';
import { printSettings } from './print-settings.js';
import { SETTING_FIELDS } from './sources/setting-fields.js';

const KEY = Buffer.alloc(32, 1).toString('base64');

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'settings-'));
  mkdirSync(join(cwd, 'config'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

/** The columns of the listing, by key. */
function print(env: NodeJS.ProcessEnv): Map<string, { value: string; from: string }> {
  const rows = printSettings({ env, cwd }).split('\n').map((line) => line.split(/ {2,}/));
  return new Map(rows.map(([key = '', value = '', from = '']) => [key, { value, from }]));
}

describe('the listing of the settings', () => {
  it('has every setting with its value and origin', () => {
    const listing = print({ PORT: '4000' });
    expect([...listing.keys()]).toEqual(['SETTING', ...SETTING_FIELDS.keys(), 'channels']);
    expect(listing.get('server.port')).toEqual({ value: '4000', from: 'PORT' });
    expect(listing.get('server.host')?.from).toMatch(/config\/default\.yaml:\d+$/);
    expect([...listing.values()].filter(({ value, from }) => value === '' || from === '')).toEqual([]);
  });

  it('has its columns aligned', () => {
    const lines = printSettings({ env: {}, cwd }).split('\n');
    const [first = ''] = lines;
    for (const column of ['VALUE', 'FROM'].map((name) => first.indexOf(name))) {
      for (const line of lines) expect(line.slice(column - 2, column + 1)).toMatch(/^ {2}\S$/);
    }
  });

  it('says of a secret only whether it is set', () => {
    const listing = print({ ADMIN_API_KEY: 'sixteen-or-more-characters', ENCRYPTION_KEYS_PREVIOUS: KEY });
    expect(listing.get('access.adminApiKey')).toEqual({ value: 'set (hidden)', from: 'ADMIN_API_KEY' });
    expect(listing.get('encryption.previousKeys')).toEqual({ value: 'set (hidden)', from: 'ENCRYPTION_KEYS_PREVIOUS' });
    expect(print({}).get('access.adminApiKey')?.value).toBe('not set');
  });

  it('shows the address of the database without its password', () => {
    const listing = print({ DATABASE_URL: 'postgres://jane:secret@db:5432/name', ENCRYPTION_KEY: KEY });
    expect(listing.get('database.url')).toEqual({ value: 'postgres://jane:(hidden)@db:5432/name', from: 'DATABASE_URL' });
  });

  it('makes no key file, and says where one will be', () => {
    expect(print({}).get('encryption.key')).toEqual({ value: 'not set', from: 'data/encryption.key, made at the first start' });
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });

  it('names the key file when there is one', () => {
    loadSettings({ env: {}, cwd });
    expect(print({}).get('encryption.key')).toEqual({ value: 'set (hidden)', from: 'data/encryption.key' });
  });

  it('has the declared channels, with where their secrets are', () => {
    const lines = ['channels:', '  - name: Acme', '    environmentName: production', '    policy: { beyondAllotment: hold }'];
    const secrets = ['consumerKey', 'consumerSecret', 'accessToken', 'accessTokenSecret'].map((name) => `    ${name}: \${ACME}`);
    writeFileSync(join(cwd, 'config/test.yaml'), [...lines, ...secrets].join('\n'));
    const listing = print({ NODE_ENV: 'test', ACME: 'canary' });
    expect(listing.get('channels[0].name')).toEqual({ value: 'Acme', from: 'config/test.yaml:2' });
    expect(listing.get('channels[0].policy')).toEqual({ value: '{"beyondAllotment":"hold"}', from: 'config/test.yaml:4' });
    expect(listing.get('channels[0].team')).toEqual({ value: 'default', from: 'left out' });
    expect(listing.get('channels[0].consumerSecret')).toEqual({ value: 'set (hidden)', from: 'config/test.yaml:6 via ACME' });
  });
});
