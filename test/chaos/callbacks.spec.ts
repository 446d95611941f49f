import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { countRows, queryDatabase } from '../e2e/database.js';
import { eventually } from '../support/eventually.js';
import { ensureBuild, freePort } from '../support/processes.js';
import { FlakyReceiver } from './flaky-receiver.js';
import { Pressure } from './pressure.js';
import { callProcess, connectChannel, startServiceProcess } from './service-process.js';

/** CALLBACKS_KILLS=200 is the long form, and says how far it is; CHAOS_SEED repeats a run as far as the machine's own timing lets it. */
const KILLS = Number(process.env['CALLBACKS_KILLS'] ?? 20);
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_126);
const PARTICIPANTS = 12;

const env = {
  TWITTER_CHANNEL__IDEMPOTENCY__RUNNING_LEASE_MS: '300',
  TWITTER_CHANNEL__MESSAGING__POLL_MS: '100',
  TWITTER_CHANNEL__MESSAGING__AFTER_UNKNOWN: 'go-on',
  TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1',
  TWITTER_CHANNEL__CALLBACKS__POLL_MS: '50',
  TWITTER_CHANNEL__CALLBACKS__TIMEOUT_MS: '1000',
  // Often enough for a receiver that fails one call in three, and soon enough for a test.
  TWITTER_CHANNEL__CALLBACKS__RETRY_DELAYS_MS: ['0', ...Array.from({ length: 40 }, () => '200')].join(','),
};

interface Outcome {
  /** Acknowledged to X, and the team was never told. */
  untold: string[];
  /** Events on disk that the receiver never took. */
  undelivered: string[];
  /** Told of under two ids. */
  twoIds: string[];
  events: number;
  repeats: number;
}

describe('Killing the service while it tells a team', () => {
  let folder: string;
  let sandbox: Sandbox;

  beforeAll(() => ensureBuild(), 200_000);
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dm-channel-callbacks-'));
    sandbox = await startSandbox({ dailyLimits: { perUser: 1_000_000, perApp: 1_000_000 } });
  });
  afterEach(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function kill(rounds: number, preload?: string): Promise<Outcome> {
    const databaseUrl = `sqlite:${join(folder, 'service.db')}`;
    const port = await freePort();
    const receiver = await FlakyReceiver.start();
    const participants = Array.from({ length: PARTICIPANTS }, (_, n) => {
      const screenName = `told_${n}`;
      return sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: 'anyone' }).id;
    });
    const start = async () => {
      const started = startServiceProcess({ databaseUrl, port, sandbox, env, ...(preload === undefined ? {} : { preload }) });
      await started.process.waitUntilReady(started.url);
      return started;
    };
    let { process: service, url } = await start();
    const webhookUrl = `${url}${await connectChannel(url)}`;
    const made = await callProcess(`${url}/v1/callbacks`, { body: { url: receiver.url, events: ['*'] } });
    expect(made?.status).toBe(201);
    const pressure = new Pressure(url, webhookUrl, participants, SEED);
    const startedAt = performance.now();
    for (let round = 1; round <= rounds; round += 1) {
      await pressure.forAWhile(async () => void (await service.end('SIGKILL')));
      ({ process: service, url } = await start());
      if (rounds > 30) {
        process.stderr.write(`callbacks: ${round} of ${rounds} kills, ${pressure.ledger.events.length} events acknowledged, ${receiver.taken.size} told, ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
      }
    }
    await pressure.settle();
    const open = ["webhook_events WHERE status = 'received'", 'team_events WHERE position IS NULL', "deliveries WHERE status = 'pending'"];
    await eventually(async () => (await Promise.all(open.map((rows) => countRows(databaseUrl, rows)))).every((count) => count === 0), 'everything is told', { withinMs: 120_000, everyMs: 200 });
    await sandbox.whenIdle();
    await service.end('SIGTERM');
    const told = new Set([...receiver.taken.values()].filter(({ type }) => type === 'message.received').map(({ xMessageId }) => xMessageId));
    const events = await queryDatabase<{ id: string; type: string }>(databaseUrl, "SELECT id, type FROM team_events WHERE type LIKE 'message.%' OR type LIKE 'conversation.%'");
    await receiver.stop();
    return {
      untold: pressure.ledger.events.filter(({ id }) => !told.has(id)).map(({ id }) => id),
      undelivered: events.filter(({ id }) => !receiver.taken.has(id)).map(({ id, type }) => `${type} ${id}`),
      twoIds: [...receiver.idsOf].filter(([what, ids]) => !what.startsWith('channel.') && ids.size > 1).map(([what]) => what),
      events: events.length,
      repeats: receiver.repeats,
    };
  }

  it('tells of everything at least once, and in each repetition under the same id', async () => {
    const { untold, undelivered, twoIds, events, repeats } = await kill(KILLS);
    console.log(`callbacks: ${KILLS} kills, ${events} events, ${untold.length + undelivered.length} not told, ${repeats} told again, ${twoIds.length} under two ids`);
    expect({ untold, undelivered, twoIds }).toEqual({ untold: [], undelivered: [], twoIds: [] });
    // It was under load, and was cut off between a call and its record.
    expect(events).toBeGreaterThan(10 * KILLS);
    expect(repeats).toBeGreaterThan(0);
  }, 180_000 + KILLS * 10_000);

  it('control: events that are written after their cause are caught missing', async () => {
    const { untold } = await kill(3, 'test/chaos/tell-after-commit.cjs');
    expect(untold.length).toBeGreaterThan(0);
  }, 180_000);
});
