import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { callProcess, connectChannel, startServiceProcess } from '../chaos/service-process.js';
import { NAJM } from '../e2e/cast.js';
import { fault, newcomer, textTo } from '../e2e/service.js';
import { eventually } from '../support/eventually.js';
import { freePort, type RunningProcess } from '../support/processes.js';

/** X may keep a message waiting for longer than a test takes. */
const PATIENT = {
  TWITTER_CHANNEL__MESSAGING__POLL_MS: '50',
  TWITTER_CHANNEL__X__TIMEOUT_MS: '120000',
  TWITTER_CHANNEL__MESSAGING__LEASE_MS: '200000',
  TWITTER_CHANNEL__TIMETABLE__RECOVERY_MS: '300',
};

/** A service with people who write to it and teams who write back, all the time. */
export class BackupLoad {
  /** What the service has said that it has: ids of sends, X's ids of messages received. */
  readonly accepted: string[] = [];
  readonly received: string[] = [];
  readonly env = PATIENT;
  private isOver = false;
  private clients: Promise<void>[] = [];

  private constructor(
    readonly sandbox: Sandbox,
    readonly port: number,
    readonly url: string,
    readonly process: RunningProcess,
  ) {}

  static async start(databaseUrl: string): Promise<BackupLoad> {
    const sandbox = await startSandbox({ dailyLimits: { perUser: 100_000, perApp: 100_000 } });
    // X's history would settle what nobody was told of. It is there again when a test removes the faults.
    for (const route of ['list', 'dm-events'] as const) fault(sandbox, { route, kind: 'status', status: 503, times: null });
    const port = await freePort();
    const { process, url } = startServiceProcess({ databaseUrl, port, sandbox, env: PATIENT });
    await process.waitUntilReady(url);
    await connectChannel(url);
    return new BackupLoad(sandbox, port, url, process);
  }

  async send(text: string, to: string, more = {}): Promise<string> {
    const answer = await callProcess(`${this.url}/v1/messages`, { body: { ...textTo(text, to), ...more } });
    if (answer?.status !== 202) throw new Error(`Not accepted: ${JSON.stringify(answer?.body)}`);
    this.accepted.push(String(answer.body['id']));
    return String(answer.body['id']);
  }

  /** One that X has taken and of which it never tells. */
  async sendWithoutAnswer(): Promise<string> {
    const participant = newcomer(this.sandbox);
    fault(this.sandbox, { route: 'echo', kind: 'echo-drop', participant });
    fault(this.sandbox, { route: 'send', kind: 'accept-then-hang', participant });
    const id = await this.send('taken, and nobody was told', participant);
    await this.inStatus(id, 'sending');
    return id;
  }

  async write(from: string, text: string): Promise<void> {
    const { eventId, delivery } = await this.sandbox.conversations.write(from, 'participant', { to: NAJM.id, text });
    if (delivery?.status === 200) this.received.push(eventId);
  }

  async inStatus(id: string, status: string): Promise<void> {
    await eventually(async () => expect((await callProcess(`${this.url}/v1/messages/${id}`, {}))?.body['status']).toBe(status), `${id} is ${status}`, { withinMs: 20_000 });
  }

  press(): void {
    const people = Array.from({ length: 6 }, () => newcomer(this.sandbox));
    this.clients = people.map(async (person, client) => {
      for (let n = 0; !this.isOver; n += 1) {
        await (client % 2 === 0 ? this.send(`To ${person}, number ${n}`, person) : this.write(person, `From ${person}, number ${n}`));
      }
    });
  }

  /** Resolves when so much more has been acknowledged. */
  async more(count: number): Promise<void> {
    const sofar = this.accepted.length + this.received.length;
    await eventually(() => this.accepted.length + this.received.length >= sofar + count, `${count} more are acknowledged`, { withinMs: 60_000 });
  }

  async stopPressing(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.clients);
  }

  /** What X has taken more than once. */
  get sentTwice(): string[] {
    const sent = this.sandbox.ledger.sends.map(({ participant, text }) => `${participant}: ${text}`);
    return sent.filter((one, n) => sent.indexOf(one) !== n);
  }
}
