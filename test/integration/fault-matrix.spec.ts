import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Settings } from '../../src/config/settings.js';
import { classifySendFailure, type SendFailure } from '../../src/messaging/outbox/send-outcome.js';
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

/** FAULTS=500 is the long form. */
const SENDS = Number(process.env['FAULTS'] ?? 25);
const TOGETHER = 8;

type Outcome = 'sent' | SendFailure['kind'];
type Classify = typeof classifySendFailure;

/** What a rule makes of each of many sends, beside what X has. */
interface Finding {
  outcome: Outcome;
  isTaken: boolean;
}

const settings = (apiUrl: string, changes: Partial<Settings['x']> = {}): Settings['x'] => ({
  apiUrl,
  uploadUrl: apiUrl,
  timeoutMs: 250,
  connectTimeoutMs: 150,
  maxConnections: TOGETHER,
  ...changes,
});

describe('What is made of a send that goes wrong', () => {
  let sandbox: Sandbox;
  let texts = 0;
  beforeAll(async () => {
    sandbox = await startSandbox({ dailyLimits: { perUser: 1_000_000, perApp: 1_000_000 } });
    sandbox.people.patchAccount(RANIA.id, { receivesFrom: 'anyone' });
  });
  afterEach(() => void sandbox.faults.remove());
  afterAll(() => sandbox.close());

  /** Sends over real sockets, several at once. */
  async function sendAll(x: Settings['x'], classify: Classify, before: () => void = () => undefined): Promise<Finding[]> {
    const connection = new XConnection(x, new Timers());
    const messages = new MessagesV1(new XClient(connection, x));
    const outcomes: { text: string; outcome: Outcome }[] = [];
    const one = async (): Promise<void> => {
      const text = `fault ${(texts += 1)}`;
      before();
      const outcome = await messages.sendText(NAJM.credentials, RANIA.id, text).then(
        () => 'sent' as const,
        (error: unknown) => {
          if (!(error instanceof XFailure)) throw error;
          return classify(error).kind;
        },
      );
      outcomes.push({ text, outcome });
    };
    for (let sent = 0; sent < SENDS; sent += TOGETHER) {
      await Promise.all(Array.from({ length: Math.min(TOGETHER, SENDS - sent) }, one));
    }
    connection.onApplicationShutdown();
    await sandbox.whenIdle();
    const taken = new Set(sandbox.ledger.sends.map(({ text }) => text));
    return outcomes.map(({ text, outcome }) => ({ outcome, isTaken: taken.has(text) }));
  }

  const withFault = (settingsOfFault: { kind: FaultKind; status?: number; code?: number; body?: string; delayMs?: number }, classify: Classify = classifySendFailure) =>
    sendAll(settings(sandbox.url), classify, () => fault(sandbox, { route: 'send', ...settingsOfFault }));

  /** A definite answer that X's ledger contradicts. */
  const isWrong = ({ outcome, isTaken }: Finding): boolean => (outcome === 'sent' && !isTaken) || (['failed', 'retry', 'rate-limited'].includes(outcome) && isTaken);
  const kinds = (findings: readonly Finding[]): Outcome[] => [...new Set(findings.map(({ outcome }) => outcome))];

  it('is sent without a fault, and nothing is unknown', async () => {
    const findings = await sendAll(settings(sandbox.url), classifySendFailure);
    expect(findings.filter(isWrong)).toEqual([]);
    expect(kinds(findings)).toEqual(['sent']);
  });

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
  }, 10_000 + SENDS * 1_000);

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
      const findings = await sendAll(settings(await address()), classifySendFailure);
      expect(findings.filter(isWrong)).toEqual([]);
      expect(kinds(findings)).toEqual(['retry']);
    }, 10_000 + SENDS * 1_000);

    it('is tried again when its time to begin is over', async () => {
      const connection = new XConnection(settings(sandbox.url), new Timers());
      const before = sandbox.ledger.requests.length;
      const late = new MessagesV1(new XClient(connection, settings(sandbox.url))).sendText(NAJM.credentials, RANIA.id, 'too late', () => false);
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
  }, 10_000 + SENDS * 1_000);
});
