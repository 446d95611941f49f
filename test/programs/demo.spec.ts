import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { ensureBuild, PROJECT_ROOT, type RunningProcess, startNode } from '../support/processes.js';
import { ProcessFamily } from './process-family.js';
import { temporaryFolder } from './temporary-folder.js';

jest.setTimeout(120_000);

/** What a shell may hold for a real service, and the demo must not use. */
const SETTINGS_OF_A_REAL_SERVICE = {
  HOST: 'nowhere.invalid',
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  X_API_URL: 'http://127.0.0.1:1',
  ENCRYPTION_KEY: 'of another service',
  ADMIN_API_KEY: 'of another service',
  TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BYTES: 'many',
};

const TRANSCRIPT = [
  /1\. A team configures a channel {3}\(POST \/v1\/channels\)/,
  /status connected; X challenged http:\/\/127\.0\.0\.1:\d+\/webhooks\/x\/\w+ and finds it valid/,
  /X delivered the signed event to the webhook: HTTP 200 after \d+ ms, stored before the answer/,
  /msg_\w+ from @rania_kader_x \(84391207\): Hi, my SIM stopped working <this morning> & I need it\. Can you help\?/,
  /reply window: 5 of 5 free replies left, until \d{4}-/,
  ...[4, 3, 2, 1, 0].map((left) => new RegExp(`sent, free +${left} of 5 free replies left`)),
  /sent, counts towards the rate limit {2}0 of 5 free replies left/,
  ...[1, 2, 3, 4, 5].map(() => /\[X counts it against its free allowance\]/),
  /\[X counts it against its rate limit\]/,
  /account-24h {2}\d+ of 1000 used, \d+ left/,
  /no: The participant never wrote to the channel/,
  /Done: 6 replies accepted, 6 arrived; what the service charged is what X counted\./,
];

/** The transcript's lines that are missing or out of order. */
function missingFrom(output: string): string[] {
  let rest = output;
  return TRANSCRIPT.filter((line) => {
    const found = line.exec(rest);
    rest = rest.slice((found?.index ?? 0) + (found?.[0].length ?? 0));
    return found === null;
  }).map(String);
}

describe('npm run demo', () => {
  const folder = temporaryFolder();
  const start = (data: string, family: ProcessFamily, ...args: string[]): RunningProcess =>
    startNode(['scripts/demo.cjs', ...args], { env: { ...SETTINGS_OF_A_REAL_SERVICE, DEMO_DATA_DIR: join(folder, data), ...family.env } });

  beforeAll(() => ensureBuild(), 180_000);

  it('walks through the main job and ends with 0 when asked to run once', async () => {
    const family = new ProcessFamily(join(folder, 'pids-of-once'));
    const demo = start('data', family, '--once');
    expect(await demo.waitForEnd(90_000)).toEqual({ code: 0, signal: null });
    expect(missingFrom(demo.output)).toEqual([]);
    expect(missingFrom(demo.output.replace('3 of 5 free', '4 of 5 free'))).not.toEqual([]);
    expect(family.pids.length).toBeGreaterThanOrEqual(3);
    expect(family.alive()).toEqual([]);
  });

  it('works again on the same data with its usual ports taken, stays up, and leaves nothing behind after SIGTERM', async () => {
    const others = await Promise.all([3000, 4010].map(take));
    const family = new ProcessFamily(join(folder, 'pids-of-second'));
    const demo = start('data', family);
    await demo.waitForOutput(/Everything stays up until you press Ctrl\+C/, 90_000);
    expect(missingFrom(demo.output)).toEqual([]);
    expect(demo.output).toContain('it is there already, from an earlier run on the same data');

    const [, docs = '', key = ''] = /Docs explorer +(\S+)\s+API key +(\S+)/.exec(demo.output) ?? [];
    const [, phone = ''] = /participant's phone +(\S+)/.exec(demo.output) ?? [];
    expect(new URL(docs).port).not.toBe('3000');
    expect(new URL(phone).port).not.toBe('4010');
    expect(await (await fetch(docs)).text()).toContain('Twitter DM channel');
    expect(await (await fetch(phone)).text()).toContain("the participant's phone");
    const messages = await fetch(new URL('/v1/messages?limit=100', docs), { headers: { authorization: `Bearer ${key}` } });
    expect(((await messages.json()) as { data: unknown[] }).data).toHaveLength(14); // one in and six out, twice

    expect(family.alive().length).toBeGreaterThanOrEqual(3);
    expect(await demo.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(family.alive()).toEqual([]);
    await expect(fetch(docs)).rejects.toThrow();
    await expect(fetch(phone)).rejects.toThrow();
    for (const other of others) other?.close();
  });

  it('leaves nothing behind when interrupted in the middle, and does not call that a failure', async () => {
    const family = new ProcessFamily(join(folder, 'pids-of-interrupted'));
    const demo = start('other-data', family);
    await demo.waitForOutput(/5\. The team answers/, 60_000);
    expect(await demo.end('SIGINT')).toEqual({ code: 0, signal: null });
    expect(demo.output).not.toContain('The demo stopped');
    expect(family.alive()).toEqual([]);
  });

  it('says what the service said when that does not start, ends with 1 and leaves nothing behind', async () => {
    mkdirSync(join(folder, 'broken-data'));
    writeFileSync(join(folder, 'broken-data', 'demo.db'), 'this is no database, though it is long enough to be one'.repeat(20));
    const family = new ProcessFamily(join(folder, 'pids-of-broken'));
    const demo = start('broken-data', family);
    expect(await demo.waitForEnd(60_000)).toEqual({ code: 1, signal: null });
    expect(demo.output).toMatch(/The service ended by itself \(exit code 1\)\. It printed:[\s\S]*SQLITE_NOTADB/);
    expect(family.alive()).toEqual([]);
  });

  it('ends npm as well when interrupted while it installs', async () => {
    const clone = join(folder, 'clone');
    for (const name of ['scripts', 'package.json', 'package-lock.json']) cpSync(join(PROJECT_ROOT, name), join(clone, name), { recursive: true });
    const npm = join(clone, 'npm-cli.js');
    writeFileSync(npm, "console.log('> sqlite3@6.0.1 install'); setInterval(() => {}, 1000);");
    const family = new ProcessFamily(join(folder, 'pids-of-install'));
    const demo = startNode([join(clone, 'scripts', 'demo.cjs')], { cwd: clone, env: { ...family.env, npm_execpath: npm } });
    await demo.waitForOutput(/Installing: looking for sqlite3's prebuilt binding/, 30_000);
    expect(family.alive()).toHaveLength(2);
    expect((await demo.end('SIGTERM')).code).not.toBe(0);
    expect(family.alive()).toEqual([]);
  });
});

/** Holds a port, unless somebody else has it, which is as good here. */
function take(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server: Server = createServer().listen(port, '127.0.0.1', () => resolve(server));
    server.once('error', () => resolve(null));
  });
}
