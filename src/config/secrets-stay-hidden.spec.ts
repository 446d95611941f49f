import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { loadSettings } from './load-settings.service.js';
import { printSettings } from './print-settings.js';
import { SettingsError } from './setting-problem.js';

/** A way in which a secret gets into the configuration, rightly or by a mistake that people make. */
type Placement = (secret: string) => { env?: NodeJS.ProcessEnv; yaml?: string[]; files?: Record<string, string> };

const quoted = (secret: string) => JSON.stringify(secret);
const channel = (secret: string) => ['channels:', '  - name: Acme', '    environmentName: production', `    consumerSecret: ${secret}`];

const GOOD_KEY = Buffer.alloc(32, 1).toString('base64');

const PLACEMENTS: Record<string, Placement> = {
  'a good admin key': (secret) => ({ env: { ADMIN_API_KEY: `${Buffer.from(secret).toString('hex')}${secret.replace(/[^a-z0-9]/g, '')}` } }),
  'a bad admin key': (secret) => ({ env: { ADMIN_API_KEY: ` ${secret} ${secret}` } }),
  'two admin keys': (secret) => ({ env: { ADMIN_API_KEY: `${secret}-1`, TWITTER_CHANNEL__ACCESS__ADMIN_API_KEY: `${secret}-2` } }),
  'a bad encryption key': (secret) => ({ env: { ENCRYPTION_KEY: secret } }),
  'bad older encryption keys': (secret) => ({ env: { ENCRYPTION_KEYS_PREVIOUS: `${secret},${secret}` } }),
  'a misspelt variable': (secret) => ({ env: { TWITTER_CHANNEL__ENCRYPTION__KEEY: secret } }),
  'a variable of channels': (secret) => ({ env: { TWITTER_CHANNEL__CHANNELS__0__ACCESS_TOKEN: secret } }),
  'a password of PostgreSQL': (secret) => ({ env: { DATABASE_URL: `postgres://jane:${secret}@db:5432/name` } }),
  'a password of PostgreSQL that is taken': (secret) => ({
    env: { DATABASE_URL: `postgres://jane:${encodeURIComponent(secret)}@db/name?password=${secret}`, ENCRYPTION_KEY: GOOD_KEY },
  }),
  'the secrets of a good channel': (secret) => ({
    yaml: [...channel('${ACME}'), '    consumerKey: ${ACME}', '    accessToken: ${ACME}', '    accessTokenSecret: ${ACME}'],
    env: { ACME: secret.replaceAll(' ', '') },
  }),
  // What stands behind an @ is the host, to every parser: a password with one in it would end there.
  'a password without a host': (secret) => ({ env: { DATABASE_URL: `postgres://jane:x${secret.replaceAll('@', '')}` } }),
  'a password in the query': (secret) => ({ env: { DATABASE_URL: `postgres://db/name?password=${secret}` } }),
  'a password of another database': (secret) => ({ env: { DATABASE_URL: `mysql://jane:${secret}@db/name` } }),
  'a password without slashes': (secret) => ({ env: { DATABASE_URL: `postgres:jane:${secret}@db/name` } }),
  'a password in a short and a long name': (secret) => ({
    env: { DATABASE_URL: `postgres://jane:${secret}@db/one`, TWITTER_CHANNEL__DATABASE__URL: `postgres://jane:${secret}@db/two` },
  }),
  'a password in the public address': (secret) => ({ env: { PUBLIC_URL: `https://jane:${secret}@dm.example.com` } }),
  'a password in the address of X': (secret) => ({ env: { X_API_URL: `https://jane:${secret}@api.x.com` } }),
  'an encryption key in YAML': (secret) => ({ yaml: ['encryption:', `  key: ${quoted(secret)}`] }),
  'older encryption keys in YAML': (secret) => ({ yaml: ['encryption:', '  previousKeys:', `    - ${quoted(secret)}`] }),
  'older encryption keys that are no list': (secret) => ({ yaml: ['encryption:', `  previousKeys: ${quoted(secret)}`] }),
  'a secret one level up': (secret) => ({ yaml: [`encryption: ${quoted(secret)}`] }),
  'a secret under a misspelt name': (secret) => ({ yaml: ['access:', `  adminApiKeey: ${quoted(secret)}`] }),
  'a secret under a misspelt section': (secret) => ({ yaml: ['acess:', `  adminApiKey: ${quoted(secret)}`] }),
  'a secret too deep': (secret) => ({ yaml: ['access:', '  adminApiKey:', `    value: ${quoted(secret)}`] }),
  'a secret of a channel written out': (secret) => ({ yaml: channel(quoted(secret)) }),
  'a secret of a channel under a misspelt name': (secret) => ({ yaml: [...channel('${UNSET}'), `    accessTokn: ${quoted(secret)}`] }),
  'a secret instead of a channel': (secret) => ({ yaml: ['channels:', `  - ${quoted(secret)}`] }),
  'a secret instead of the channels': (secret) => ({ yaml: [`channels: ${quoted(secret)}`] }),
  'a secret of a channel in a variable': (secret) => ({ yaml: channel('${ACME}'), env: { ACME: secret } }),
  'a secret of a channel with a space': (secret) => ({ yaml: channel('${ACME}'), env: { ACME: `${secret} ${secret}` } }),
  'a secret in a broken file': (secret) => ({ yaml: ['access:', `  adminApiKey: "${secret.replace(/["\\]/g, '')}`] }),
  'a secret before a break in the file': (secret) => ({ yaml: ['access:', `  adminApiKey: ${quoted(secret)} x`, '\tport: 1'] }),
  'a secret behind an unknown anchor': (secret) => ({ yaml: ['access:', `  adminApiKey: *${secret.replace(/[^a-z0-9]/g, '')}`] }),
  'a secret as the whole file': (secret) => ({ yaml: [quoted(secret)] }),
  'a malformed key file': (secret) => ({ files: { 'data/encryption.key': secret } }),
};

// Letters that no message contains by chance, in two halves, so that half a secret is noticed too.
const HALVES = ['qzjxvk7w', 'vwkq9zxj'] as const;
const secrets = fc
  .array(fc.constantFrom('@', ':', '/', '?', '#', '%', '&', '=', ' ', '\\', '"', "'", '{', '$', '1'), { maxLength: 4 })
  .map((middle) => `${HALVES[0]}${middle.join('')}${HALVES[1]}`);

/** What a person sees of a listing and a start with these settings. What stops the one stops the other with the same message. */
function seenWith(env: NodeJS.ProcessEnv, cwd: string): { seen: string; isRefused: boolean } {
  try {
    const seen = `${printSettings({ env, cwd })}\n${JSON.stringify(loadSettings({ env, cwd }).settings)}`;
    return { seen: seen.toLowerCase(), isRefused: false };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const seen = `${error.message}${JSON.stringify(error)}${String(error.cause)}`;
    return { seen: seen.toLowerCase(), isRefused: true };
  }
}

function withSecret(placement: Placement, secret: string): { seen: string; isRefused: boolean } {
  const cwd = mkdtempSync(join(tmpdir(), 'secrets-'));
  try {
    const { env = {}, yaml = [], files = {} } = placement(secret);
    for (const [path, text] of Object.entries({ ...files, 'config/test.yaml': yaml.join('\n') })) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      writeFileSync(join(cwd, path), text);
    }
    return seenWith({ NODE_ENV: 'test', ...env }, cwd);
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

describe('a secret', () => {
  it.each(Object.entries(PLACEMENTS))('is never shown, not even half of it: %s', (_what, placement) => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const { seen } = withSecret(placement, secret);
        for (const half of HALVES) expect(seen).not.toContain(half);
      }),
      { numRuns: 15 },
    );
  });

  it('would be noticed if it were shown', () => {
    const { seen, isRefused } = withSecret((secret) => ({ env: { HOST: `${secret} ${secret}` } }), HALVES.join(''));
    expect(isRefused).toBe(true);
    expect(seen).toContain(HALVES[0]);
  });

  it('is refused in all of these places but the right ones', () => {
    const accepted = Object.entries(PLACEMENTS).filter(([, placement]) => !withSecret(placement, HALVES.join('')).isRefused);
    expect(accepted.map(([what]) => what)).toEqual(['a good admin key', 'a password of PostgreSQL that is taken', 'the secrets of a good channel']);
  });
});
