import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { callProcess, connectChannel, startServiceProcess } from '../chaos/service-process.js';
import { ADMIN_KEY } from '../e2e/service.js';
import { inboundBody } from '../e2e/x-webhook.js';
import { eventually } from '../support/eventually.js';
import { ensureBuild, freePort, type RunningProcess } from '../support/processes.js';

const MEGABYTE = 1_048_576;
const CONNECTIONS = 10_000;
const SLOW = 200;

describe('The service under attack', () => {
  let folder: string;
  let sandbox: Sandbox;
  let service: RunningProcess;
  let url: string;
  let port: number;
  let webhook: string;
  let quietBytes: number;
  const open: net.Socket[] = [];

  beforeAll(async () => {
    await ensureBuild();
    folder = mkdtempSync(join(tmpdir(), 'dm-channel-attack-'));
    sandbox = await startSandbox();
    port = await freePort();
    ({ process: service, url } = startServiceProcess({
      databaseUrl: `sqlite:${join(folder, 'service.db')}`,
      port,
      sandbox,
      env: { TWITTER_CHANNEL__SERVER__HEADERS_WITHIN_MS: '2000', TWITTER_CHANNEL__SERVER__REQUEST_WITHIN_MS: '3000', TWITTER_CHANNEL__ACCESS__WRONG_KEYS_PER_MINUTE: '0' },
    }));
    await service.waitUntilReady(url);
    webhook = `${url}${await connectChannel(url)}`;
    // What it takes for its first work, and for large bodies, is not the attacker's.
    for (let n = 0; n < 200; n += 1) await challenge();
    quietBytes = residentBytes();
  }, 200_000);
  afterEach(() => open.splice(0).forEach((socket) => socket.destroy()));
  afterAll(async () => {
    await service.end('SIGTERM');
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const residentBytes = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))?.[1]) * 1_024;
  const challenge = async (): Promise<number> => (await callProcess(`${webhook}?crc_token=${'A'.repeat(43)}`, {}))?.status ?? 0;
  const connect = (): Promise<net.Socket | null> =>
    new Promise((done) => {
      const socket = net.connect(port, '127.0.0.1', () => done(socket));
      socket.on('error', () => done(null));
      open.push(socket);
    });
  /** The status of what comes back to these bytes; 0 when the connection is closed without a word. */
  const send = async (head: string, write: (socket: net.Socket) => Promise<void>): Promise<number> => {
    const socket = await connect();
    if (socket === null) return 0;
    let heard = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (heard += chunk));
    const closed = new Promise<void>((done) => socket.once('close', () => done()));
    socket.write(head);
    await write(socket);
    await Promise.race([closed, eventually(() => (heard !== '' ? true : null), 'an answer comes', { withinMs: 15_000 })]);
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1] ?? 0);
  };
  const post = (path: string, length: number | null, more = ''): string =>
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${ADMIN_KEY}\r\ncontent-type: application/json\r\n${length === null ? 'transfer-encoding: chunked' : `content-length: ${length}`}\r\n${more}\r\n`;
  const expectCalm = async (): Promise<void> => {
    expect(await challenge()).toBe(200);
    expect(residentBytes() - quietBytes).toBeLessThan(100 * MEGABYTE);
  };

  it.each([
    ['announced', 100 * MEGABYTE],
    ['in chunks without end', null],
  ] as [string, number | null][])('refuses a body of 100 MB that is %s, and reads little of it', async (_, length) => {
    const chunk = 'x'.repeat(65_536);
    let written = 0;
    const status = await send(post('/v1/messages', length), async (socket) => {
      while (written < 100 * MEGABYTE && !socket.destroyed && socket.writable) {
        const isTaken = socket.write(length === null ? `10000\r\n${chunk}\r\n` : chunk);
        written += chunk.length;
        if (!isTaken) await Promise.race([new Promise((done) => socket.once('drain', done)), new Promise((done) => socket.once('close', done))]);
      }
    });
    expect([0, 413]).toContain(status);
    await expectCalm();
  }, 60_000);

  it.each([
    ['30,000 levels', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, '/v1/messages'],
    ['objects in objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, '/v1/channels'],
    ['many keys', `{${Array.from({ length: 6_000 }, (_, n) => `"k${n}":1`).join()}}`, '/v1/messages'],
    ['a long number', `{"from":${'9'.repeat(60_000)}}`, '/v1/messages'],
    ['a long name', `{"${'k'.repeat(60_000)}":1}`, '/v1/messages'],
  ])('refuses %s in as much as it reads', async (_, body, path) => {
    const answer = await callProcess(`${url}${path}`, { raw: body });
    expect(answer?.status).toBe(400);
    await expectCalm();
  });

  it.each([
    ['a depth of 100,000', `{"for_user_id":"1","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['four hundred thousand values', `{"for_user_id":"1","a":[${'1,'.repeat(400_000)}1]}`],
    ['seventy thousand keys', `{"for_user_id":"1",${Array.from({ length: 70_000 }, (_, n) => `"k${n}":1`).join()}}`],
  ])('takes %s from X, which signs them, and goes on', async (_, raw) => {
    const { sign } = await import('../e2e/x-webhook.js');
    const answer = await callProcess(webhook, { raw, headers: { 'x-twitter-webhooks-signature': sign(raw) } });
    expect(answer?.status).toBe(200);
    const after = inboundBody({ id: `20896240855910${Math.floor(performance.now())}`, text: 'after it' });
    expect((await callProcess(webhook, { raw: after, headers: { 'x-twitter-webhooks-signature': sign(after) } }))?.status).toBe(200);
    await expectCalm();
  });

  it.each([
    ['headers', 'GET /health/live HTTP/1.1\r\nhost: a\r\n', 'x-a: b\r\n'],
    ['a body', post('/v1/messages', 60_000), 'x'],
  ])('ends connections that bring %s drop by drop', async (_, head, drop) => {
    const sockets = await Promise.all(Array.from({ length: SLOW }, connect));
    let ended = 0;
    for (const socket of sockets) {
      socket?.once('close', () => (ended += 1));
      socket?.resume();
      socket?.write(head);
    }
    await eventually(
      async () => {
        sockets.forEach((socket) => socket !== null && !socket.destroyed && socket.write(drop));
        return ended === SLOW ? true : null;
      },
      'all are ended',
      { withinMs: 20_000, everyMs: 500 },
    );
    await expectCalm();
  }, 40_000);

  it(`answers X beside ${CONNECTIONS} connections that say nothing, and ends them`, async () => {
    let refused = 0;
    let ended = 0;
    for (let n = 0; n < CONNECTIONS; n += 500) {
      const sockets = await Promise.all(Array.from({ length: 500 }, connect));
      refused += sockets.filter((socket) => socket === null).length;
      sockets.forEach((socket) => socket?.once('close', () => (ended += 1)).resume());
    }
    await expectCalm();
    await eventually(() => (ended + refused >= CONNECTIONS ? true : null), 'all are ended', { withinMs: 30_000, everyMs: 200 });
    await expectCalm();
  }, 90_000);
});
