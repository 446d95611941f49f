import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { countRows } from '../e2e/database.js';
import { eventually } from '../support/eventually.js';
import { ensureBuild, freePort } from '../support/processes.js';
import { type ClientLedger, compareLedgers, type Differences, NO_DIFFERENCES } from './ledgers.js';
import { Pressure } from './pressure.js';
import { connectChannel, startServiceProcess } from './service-process.js';

/** EVENTS_KILLS=200 is the long form, and says how far it is; CHAOS_SEED repeats a run as far as the machine's own timing lets it. */
const KILLS = Number(process.env['EVENTS_KILLS'] ?? 20);
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_260_115);
const PARTICIPANTS = 12;

const env = {
  // A request whose process was killed frees its Idempotency-Key after this.
  TWITTER_CHANNEL__IDEMPOTENCY__RUNNING_LEASE_MS: '300',
  TWITTER_CHANNEL__MESSAGING__POLL_MS: '100',
  // A message whose dispatcher was killed keeps nobody waiting: this is about events.
  TWITTER_CHANNEL__MESSAGING__AFTER_UNKNOWN: 'go-on',
  TWITTER_CHANNEL__WEBHOOK__ACKNOWLEDGE_WITHIN_MS: '2500',
};

interface Outcome {
  clients: ClientLedger;
  differences: Differences;
  unknown: number;
  sandbox: Sandbox;
}

describe('Killing the service while X delivers events', () => {
  let folder: string;
  let sandbox: Sandbox;

  beforeAll(() => ensureBuild(), 200_000);
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dm-channel-chaos-'));
    sandbox = await startSandbox({ dailyLimits: { perUser: 1_000_000, perApp: 1_000_000 } });
  });
  afterEach(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Kills the service at a random moment under load, as often as told, lets the last one finish its work, and compares. */
  async function kill(rounds: number, preload?: string): Promise<Outcome> {
    const databaseUrl = `sqlite:${join(folder, 'service.db')}`;
    const port = await freePort();
    const participants = Array.from({ length: PARTICIPANTS }, (_, n) => {
      const screenName = `chaos_${n}`;
      return sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: 'anyone' }).id;
    });
    const start = async () => {
      const started = startServiceProcess({ databaseUrl, port, sandbox, env, ...(preload === undefined ? {} : { preload }) });
      await started.process.waitUntilReady(started.url);
      return started;
    };
    let { process: service, url } = await start();
    const pressure = new Pressure(url, `${url}${await connectChannel(url)}`, participants, SEED);

    const startedAt = performance.now();
    for (let round = 1; round <= rounds; round += 1) {
      await pressure.forAWhile(async () => void (await service.end('SIGKILL')));
      ({ process: service, url } = await start());
      if (rounds > 30) {
        const { events, messages } = pressure.ledger;
        process.stderr.write(`events: ${round} of ${rounds} kills, ${events.length} events and ${messages.size} messages acknowledged, ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
      }
    }
    // The last one finishes: every client has its answer, every event its effect, every message its end.
    await pressure.settle();
    const openMessages = "messages WHERE direction = 'outbound' AND status NOT IN ('sent', 'read', 'unknown', 'failed', 'expired', 'cancelled')";
    await eventually(
      async () => (await countRows(databaseUrl, openMessages)) + (await countRows(databaseUrl, "webhook_events WHERE status = 'received'")) === 0,
      'everything has come to an end',
      { withinMs: 30_000, everyMs: 200 },
    );
    await sandbox.whenIdle();
    await service.end('SIGTERM');
    const differences = await compareLedgers(databaseUrl, pressure.ledger, sandbox);
    return { clients: pressure.ledger, differences, unknown: await countRows(databaseUrl, "messages WHERE status = 'unknown'"), sandbox };
  }

  it('loses nothing that was acknowledged, does nothing twice, and leaves nothing half done', async () => {
    const { clients, differences, unknown } = await kill(KILLS);
    console.log(
      `events: ${KILLS} kills, ${clients.events.length} events and ${clients.messages.size} messages acknowledged, ` +
        `${differences.eventsLost.length + differences.messagesLost.length} lost, X took ${sandbox.ledger.sends.length}, ` +
        `${differences.sentTwice.length} of them twice, ${unknown} unknown, integrity ${differences.integrity}`,
    );
    expect(differences).toEqual(NO_DIFFERENCES);
    expect(clients.unexpected).toEqual([]);
    // It was under load: a loop in which nothing happens would pass as well.
    expect(clients.events.length).toBeGreaterThan(5 * KILLS);
    expect(clients.messages.size).toBeGreaterThan(KILLS);
    expect(clients.refused.length).toBeGreaterThan(KILLS / 4);
  }, 120_000 + KILLS * 10_000);

  it('control: an inbox that acknowledges before the commit is caught losing events', async () => {
    const { differences } = await kill(3, 'test/chaos/acknowledge-before-commit.cjs');
    expect(differences.eventsLost.length).toBeGreaterThan(0);
  }, 120_000);
});
