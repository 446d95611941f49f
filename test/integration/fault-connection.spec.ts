import { spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import type { SendFailure } from '../../src/messaging/outbox/send-outcome.js';
import { Timers } from '../../src/runtime/timers.service.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { RANIA } from '../e2e/cast.js';
import { fault } from '../e2e/service.js';
import { LOOPBACK_CERTIFICATE } from '../support/loopback-certificate.js';
import { freePort, RunningProcess } from '../support/processes.js';
import { IMPATIENT, isWrong, kinds, type Outcome, sendAll, SENDS, WITHIN_MS, xSettings } from './faulty-sends.js';

/** What the front does with X's answer. */
type Front = 'passes it on' | 'spoils the encryption' | 'ends without a word' | 'lets it drip';

describe('A connection to X that fails', () => {
  let sandbox: Sandbox;
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const timers = new Timers();
  beforeAll(async () => {
    sandbox = await startSandbox({ dailyLimits: { perUser: 1_000_000, perApp: 1_000_000 } });
    sandbox.people.patchAccount(RANIA.id, { receivesFrom: 'anyone' });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    sandbox.faults.remove();
    sockets.forEach((socket) => socket.destroy());
    servers.splice(0).forEach((server) => server.close());
  });
  afterAll(() => sandbox.close());

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
  const kept = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined);
  };

  /** The sandbox behind TLS, as X is: the outer socket carries what is encrypted, the inner one what is not. */
  async function encrypted(front: Front): Promise<string> {
    const answering = new Set<number>();
    const inner = tls.createServer(LOOPBACK_CERTIFICATE, (client) => {
      const x = kept(net.connect(Number(new URL(sandbox.url).port), '127.0.0.1'));
      kept(client).pipe(x);
      x.on('data', (answer) => {
        answering.add(client.remotePort ?? 0);
        if (front !== 'lets it drip') return void client.write(answer);
        const drops = timers.every(50, () => void (client.destroyed ? drops.cancel() : client.write(answer.subarray(0, 1))));
      });
    });
    const innerPort = await listen(inner);
    const outer = net.createServer((client) => {
      const behind = kept(net.connect(innerPort, '127.0.0.1'));
      kept(client).pipe(behind);
      behind.on('data', (bytes) => {
        const isAnswer = answering.has(behind.localPort ?? 0);
        if (isAnswer && front === 'ends without a word') return void client.destroy();
        if (isAnswer && front === 'spoils the encryption') bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
        client.write(bytes);
      });
      client.on('close', () => behind.destroy());
    });
    return `https://127.0.0.1:${await listen(outer)}`;
  }

  function trustOurCertificate(): void {
    const connect = tls.connect.bind(tls);
    jest.spyOn(tls, 'connect').mockImplementation(((options: tls.ConnectionOptions) => connect({ ...options, ca: LOOPBACK_CERTIFICATE.cert })) as typeof tls.connect);
  }

  it.each<[Front, Outcome]>([
    ['passes it on', 'sent'],
    ['spoils the encryption', 'unknown'],
    ['ends without a word', 'unknown'],
    ['lets it drip', 'unknown'],
  ])('may have carried the message once it stood, whatever kind of error ends it: the other side has X’s answer and %s', async (front, expected) => {
    trustOurCertificate();
    const findings = await sendAll(sandbox, xSettings(await encrypted(front), front === 'lets it drip' ? { timeoutMs: 1_000 } : {}));
    expect(findings.every(({ isTaken }) => isTaken)).toBe(true);
    expect(findings.filter(isWrong)).toEqual([]);
    expect(kinds(findings)).toEqual([expected]);
  }, WITHIN_MS);

  it('carries nothing to one whose certificate is not trusted', async () => {
    const before = sandbox.ledger.requests.length;
    const findings = await sendAll(sandbox, xSettings(await encrypted('passes it on')));
    expect(sandbox.ledger.requests).toHaveLength(before);
    expect(kinds(findings)).toEqual(['retry']);
  }, WITHIN_MS);

  it.each(['http', 'https'])('carries nothing when each of several addresses refuses it: %s', async (protocol) => {
    const port = await freePort();
    const lookup = dns.lookup as (...parts: unknown[]) => void;
    jest.spyOn(dns, 'lookup').mockImplementation(((host: string, options: unknown, done: (error: null, addresses: dns.LookupAddress[]) => void) =>
      host === 'x.test' ? done(null, ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }))) : lookup(host, options, done)) as typeof dns.lookup);
    expect(kinds(await sendAll(sandbox, xSettings(`${protocol}://x.test:${port}`)))).toEqual(['retry']);
  }, WITHIN_MS);

  it('carries nothing that waits for one of the others to end', async () => {
    const before = sandbox.ledger.requests.length;
    const findings = await sendAll(sandbox, xSettings(sandbox.url, { ...IMPATIENT, maxConnections: 1 }), undefined, () => fault(sandbox, { route: 'send', kind: 'hang' }));
    const reached = sandbox.ledger.requests.length - before;
    expect(findings.filter(isWrong)).toEqual([]);
    expect(findings.filter(({ outcome }) => outcome === 'unknown')).toHaveLength(reached);
    expect(findings.filter(({ outcome }) => outcome === 'retry')).toHaveLength(SENDS - reached);
    expect(reached).toBeLessThan(SENDS);
  }, WITHIN_MS);

  it('carries nothing to a machine that takes no more connections', async () => {
    const deaf = new RunningProcess(
      spawn(process.execPath, ['-e', "const s=require('net').createServer().listen(0,'127.0.0.1',1,()=>{process.stdout.write(`port ${s.address().port}\\n`,()=>Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0))})"]),
    );
    const port = Number((await deaf.waitForOutput(/port (\d+)/))[1]);
    // Until one finds no room.
    for (let isFull = false, tried = 0; !isFull && tried < 64; tried += 1) {
      const filler = kept(net.connect(port, '127.0.0.1'));
      isFull = await timers.within(200, once(filler, 'connect').then(() => false), () => true);
    }
    expect(kinds(await sendAll(sandbox, xSettings(`http://127.0.0.1:${port}`, IMPATIENT)))).toEqual(['retry']);
    process.kill(deaf.pid, 'SIGKILL');
  }, WITHIN_MS);

  it('control: a rule that goes by the error’s code calls not sent what X has', async () => {
    trustOurCertificate();
    const byCode = (failure: { message: string }): SendFailure => (/ERR_SSL_|EPROTO/.test(failure.message) ? { kind: 'retry' } : { kind: 'unknown' });
    const findings = await sendAll(sandbox, xSettings(await encrypted('spoils the encryption')), byCode);
    expect(findings.filter(isWrong).length).toBeGreaterThan(0);
  }, WITHIN_MS);
});
