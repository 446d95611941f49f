import { join } from 'node:path';
import { ensureBuild, freePort, type RunningProcess, startNode } from '../support/processes.js';
import { temporaryFolder } from './temporary-folder.js';

jest.setTimeout(60_000);

/** A list of Node's frames, which a person who mistyped a setting has no use for. */
const STACK = /^\s+at .+:\d+/m;

describe('node dist/main.js', () => {
  const folder = temporaryFolder();
  const start = (env: Record<string, string | undefined>, file = 'dist/main.js'): RunningProcess =>
    startNode([file], { env: { NODE_ENV: undefined, DATABASE_URL: `sqlite:${join(folder, 'service.db')}`, TWITTER_CHANNEL__LOGGING__LEVEL: 'warn', ...env } });

  beforeAll(() => ensureBuild(), 180_000);

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a wrong value, with its key, what is allowed and where it came from',
      { TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BYTES: 'many' },
      /webhook\.maxBodyBytes: "many" must be a whole number .* \[from TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BYTES\]/,
    ],
    ['a setting that does not exist', { TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BITES: '1' }, /TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BITES: is the variable of no setting/],
    ['a wrong secret, without showing it', { ENCRYPTION_KEY: 'hunter2-hunter2' }, /encryption\.key: \(hidden\) must be 32 bytes in base64/],
    ['production without an encryption key', { NODE_ENV: 'production' }, /encryption\.key: is not set, and must be when NODE_ENV is production/],
  ])('does not start with %s', async (_, env, message) => {
    const service = start(env);
    expect(await service.waitForEnd()).toEqual({ code: 1, signal: null });
    expect(service.output).toMatch(message);
    expect(service.output).not.toMatch(STACK);
    expect(service.output).not.toContain('hunter2');
  });

  it('shows a key on the first start, which works, and none on the second; a signal stops it', async () => {
    const [first, key] = await run();
    expect(key).toMatch(/^tdc_/);
    expect((await list(first, key)).status).toBe(200);
    expect((await list(first, `${key.slice(0, -1)}x`)).status).toBe(401);
    expect(await first.service.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(first.service.output.split(key)).toHaveLength(2); // once

    const [second, nothing] = await run();
    expect(nothing).toBe('');
    expect(second.service.output).not.toContain('tdc_');
    expect((await list(second, key)).status).toBe(200);
    expect(await second.service.end('SIGINT')).toEqual({ code: 0, signal: null });
  });

  async function run(): Promise<[{ service: RunningProcess; url: string }, string]> {
    const url = `http://127.0.0.1:${await freePort()}`;
    const service = start({ PORT: new URL(url).port, ADMIN_API_KEY: undefined });
    await service.waitForOutput(/Listening on/);
    return [{ service, url }, /tdc_\S+/.exec(service.output)?.[0] ?? ''];
  }

  function list({ url }: { url: string }, key: string): Promise<Response> {
    return fetch(`${url}/v1/api-keys`, { headers: { authorization: `Bearer ${key}` } });
  }

  it('has its settings printed with where each came from, and no secret', async () => {
    const secrets = {
      ADMIN_API_KEY: 'admin-key-of-this-very-test',
      ENCRYPTION_KEY: Buffer.alloc(32, 'secret-one').toString('base64'),
      ENCRYPTION_KEYS_PREVIOUS: Buffer.alloc(32, 'secret-two').toString('base64'),
    };
    const printed = start({ ...secrets, DATABASE_URL: 'postgres://service:pass-word-of-it@127.0.0.1:5432/channel' }, 'dist/config/print-settings.js');
    expect(await printed.waitForEnd()).toEqual({ code: 0, signal: null });
    expect(printed.output).toMatch(/^encryption\.key\s+set \(hidden\)\s+ENCRYPTION_KEY$/m);
    expect(printed.output).toMatch(/^database\.url\s+postgres:\/\/service:\(hidden\)@127\.0\.0\.1:5432\/channel\s+DATABASE_URL$/m);
    expect(printed.output).toMatch(/^server\.port\s+3000\s+config\/default\.yaml:\d+$/m);
    const shownIn = (text: string) => [...Object.values(secrets), 'pass-word-of-it'].filter((secret) => text.includes(secret));
    expect(shownIn(`${JSON.stringify(secrets)} pass-word-of-it`)).toHaveLength(4);
    expect(shownIn(printed.output)).toEqual([]);
  });
});
