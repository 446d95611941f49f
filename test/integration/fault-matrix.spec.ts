import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { classifySendFailure } from '../../src/messaging/outbox/send-outcome.js';
import { Timers } from '../../src/runtime/timers.service.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import type { FaultKind } from '../../src/sandbox/control/fault.js';
import { MessagesV1 } from '../../src/x-api/messages-v1.service.js';
import { XClient } from '../../src/x-api/x-client.service.js';
import { XConnection } from '../../src/x-api/x-connection.service.js';
import { XFailure } from '../../src/x-api/x-failure.js';
import { NAJM, RANIA } from '../e2e/cast.js';
import { fault } from '../e2e/service.js';
import { freePort } from '../support/processes.js';
import { type Classify, type Finding, IMPATIENT, isWrong, kinds, type Outcome, sendAll, SENDS, WITHIN_MS, xSettings } from './faulty-sends.js';

const UNANSWERED: readonly FaultKind[] = ['hang', 'accept-then-hang', 'delay'];

describe('What is made of a send that goes wrong', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ dailyLimits: { perUser: 1_000_000, perApp: 1_000_000 } });
    sandbox.people.patchAccount(RANIA.id, { receivesFrom: 'anyone' });
  });
  afterEach(() => void sandbox.faults.remove());
  afterAll(() => sandbox.close());

  const withFault = (settingsOfFault: { kind: FaultKind; status?: number; code?: number; body?: string; delayMs?: number }, classify: Classify = classifySendFailure): Promise<Finding[]> =>
    sendAll(sandbox, xSettings(sandbox.url, UNANSWERED.includes(settingsOfFault.kind) ? IMPATIENT : {}), classify, () => fault(sandbox, { route: 'send', ...settingsOfFault }));

  it('is sent without a fault, and nothing is unknown', async () => {
    const findings = await sendAll(sandbox, xSettings(sandbox.url));
    expect(findings.filter(isWrong)).toEqual([]);
    expect(kinds(findings)).toEqual(['sent']);
  }, WITHIN_MS);

  it.each<[string, Parameters<typeof withFault>[0], Outcome]>([
    ['a 429 with X’s reset', { kind: '429' }, 'rate-limited'],
    ['a 429 without one', { kind: 'status', status: 429, code: 88 }, 'rate-limited'],
    ['a refusal', { kind: 'status', status: 403, code: 349 }, 'failed'],
    ['a 500 before X takes it', { kind: 'status', status: 500 }, 'unknown'],
    ['a 503 before X takes it', { kind: 'status', status: 503 }, 'unknown'],
    ['a 500 after', { kind: 'accept-then-500' }, 'unknown'],
    ['a 503 after', { kind: 'accept-then-503' }, 'unknown'],
    ['a reset before X takes it', { kind: 'reset-before' }, 'unknown'],
    ['a reset after', { kind: 'accept-then-reset' }, 'unknown'],
    ['a reset in the middle of the answer', { kind: 'reset-after' }, 'unknown'],
    ['no answer, before', { kind: 'hang' }, 'unknown'],
    ['no answer, after', { kind: 'accept-then-hang' }, 'unknown'],
    ['half of an answer', { kind: 'truncated-json' }, 'unknown'],
    ['a page instead of an answer', { kind: 'html-error' }, 'unknown'],
    ['success in words that are none', { kind: 'status', status: 200, body: '{"event":{}}' }, 'unknown'],
    ['“already said that”, and delivered', { kind: '151-but-delivered' }, 'unknown'],
    ['an answer later than we wait', { kind: 'delay', delayMs: 500 }, 'unknown'],
  ])('is judged rightly after %s', async (_what, kind, expected) => {
    const findings = await withFault(kind);
    expect(findings).toHaveLength(SENDS);
    expect(findings.filter(isWrong)).toEqual([]);
    expect(kinds(findings)).toEqual([expected]);
  }, WITHIN_MS);

  describe('and certainly did not reach X', () => {
    const silent: Server[] = [];
    const sockets = new Set<Socket>();
    afterAll(() => {
      sockets.forEach((socket) => socket.destroy());
      silent.forEach((server) => server.close());
    });

    /** Listens, and does what a test says with each connection. */
    async function listen(onConnection: (socket: Socket) => void): Promise<string> {
      const server = createTcpServer((socket) => {
        sockets.add(socket.on('error', () => undefined));
        onConnection(socket);
      });
      silent.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `127.0.0.1:${(server.address() as { port: number }).port}`;
    }

    it.each<[string, () => Promise<string>]>([
      ['nobody listens', async () => `http://127.0.0.1:${await freePort()}`],
      ['there is no such host', () => Promise.resolve('http://x.invalid')],
      ['the other side does not speak TLS', async () => `https://${await listen((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))}`],
      ['the TLS handshake never ends', async () => `https://${await listen(() => undefined)}`],
    ])('is tried again, and never unknown: %s', async (_what, address) => {
      const findings = await sendAll(sandbox, xSettings(await address(), IMPATIENT));
      expect(findings.filter(isWrong)).toEqual([]);
      expect(kinds(findings)).toEqual(['retry']);
    }, WITHIN_MS);

    it('is tried again when its time to begin is over', async () => {
      const connection = new XConnection(xSettings(sandbox.url), new Timers());
      const before = sandbox.ledger.requests.length;
      const late = new MessagesV1(new XClient(connection, xSettings(sandbox.url))).sendText(NAJM.credentials, RANIA.id, 'too late', () => false);
      const failure: unknown = await late.catch((error: unknown) => error);
      connection.onApplicationShutdown();
      expect(failure).toBeInstanceOf(XFailure);
      expect(classifySendFailure(failure as XFailure)).toEqual({ kind: 'retry' });
      expect(sandbox.ledger.requests.length).toBe(before);
    });
  });

  it.each<[string, Classify]>([
    ['a 5xx for a refusal', (failure) => ((failure.answer.status ?? 0) >= 500 ? { kind: 'failed', code: 'x', isChannelAtFault: false } : classifySendFailure(failure))],
    ['no answer for not sent', (failure) => (failure.answer.status === null ? { kind: 'retry' } : classifySendFailure(failure))],
  ])('control: a rule that takes %s is contradicted by X’s ledger', async (_what, rule) => {
    const findings = [...(await withFault({ kind: 'accept-then-500' }, rule)), ...(await withFault({ kind: 'accept-then-hang' }, rule))];
    expect(findings.filter(isWrong).length).toBeGreaterThan(0);
  }, WITHIN_MS);
});
