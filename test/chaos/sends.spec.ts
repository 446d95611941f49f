import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE_MS } from '../../src/kernel/duration.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { countRows } from '../e2e/database.js';
import { ChangedRules } from '../integration/changed-rules.js';
import { eventually } from '../support/eventually.js';
import { ensureBuild, freePort } from '../support/processes.js';
import { compareSends, type Life, NO_SEND_DIFFERENCES, type SendDifferences, type SendFigures } from './sends-ledger.js';
import { pause, SendsPressure, X_IS_SLOW_MS } from './sends-pressure.js';
import { connectChannel, startServiceProcess } from './service-process.js';

/** SENDS_MESSAGES=12000 SENDS_KILLS=100 is the long form, and says how far it is; CHAOS_SEED repeats a run as far as the machine's timing lets it. */
const MESSAGES = Number(process.env['SENDS_MESSAGES'] ?? 1_500);
const KILLS = Number(process.env['SENDS_KILLS'] ?? 15);
const SEED = process.env['CHAOS_SEED'] ?? 'sends';
const PARTICIPANTS = 60;
/** Between two lives of the service: past X's stops, past the look-ups, past the wait behind what is unknown. */
const AWAY_MS = 16 * MINUTE_MS;
/** At the end: after so many lives in which nobody sends, everything has come to its end. */
const LAST_LIVES = 12;

describe('Killing the service while it sends', () => {
  const rules = new ChangedRules();
  let folder: string;
  beforeAll(() => ensureBuild(), 200_000);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dm-channel-sends-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  afterAll(() => rules.removeAll());

  async function kill(messages: number, kills: number, preload: string): Promise<{ differences: SendDifferences; figures: SendFigures; accepted: number; unexpected: string[] }> {
    let aheadMs = 0;
    const now = () => Date.now() + aheadMs;
    const sandbox: Sandbox = await startSandbox({ now, dailyLimits: { perUser: 1_000_000, perApp: 1_000_000 } });
    const databaseUrl = `sqlite:${join(folder, 'service.db')}`;
    const port = await freePort();
    const env = {
      ...rules.env({ accountLimit: 1_000_000, appLimit: 1_000_000 }),
      TWITTER_CHANNEL__MESSAGING__POLL_MS: '50',
      TWITTER_CHANNEL__MESSAGING__CONCURRENCY: '16',
      TWITTER_CHANNEL__MESSAGING__CONCURRENCY_PER_CHANNEL: '16',
      TWITTER_CHANNEL__TIMETABLE__UNKNOWN_MESSAGES_MS: '200',
      TWITTER_CHANNEL__X__TIMEOUT_MS: '400',
      // Hours pass between two lives, and all that was sent in them is read back at once.
      TWITTER_CHANNEL__MESSAGING__HISTORY_READS_PER15_MINUTES: '1000',
      TWITTER_CHANNEL__IDEMPOTENCY__RUNNING_LEASE_MS: '300',
    };
    const lives: Life[] = [];
    const start = async () => {
      const started = startServiceProcess({ databaseUrl, port, sandbox, preload, env: { ...env, CLOCK_AHEAD_MS: String(aheadMs), KILL_AT: '' } });
      await started.process.waitUntilReady(started.url);
      lives.push({ readyAt: now() });
      return started;
    };
    const participants = Array.from({ length: PARTICIPANTS }, (_, n) => {
      const screenName = `sends_${n}`;
      return sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: 'anyone' }).id;
    });
    let { process: service, url } = await start();
    await connectChannel(url);
    const pressure = new SendsPressure(url, sandbox, participants, messages, SEED);
    const startedAt = performance.now();
    for (let round = 1; round <= kills; round += 1) {
      const pressing = pressure.press(Math.ceil(messages / kills));
      // Somewhere in the load, or in what is left to send after it.
      await Promise.race([pressing, service.waitForEnd(200 + pressure.fraction() * 2_500).catch(() => undefined)]);
      await pause(pressure.fraction() * 300);
      await service.end('SIGKILL');
      await pressing;
      // What X has received, it takes before the time jumps.
      await pause(X_IS_SLOW_MS + 100);
      aheadMs += AWAY_MS;
      ({ process: service, url } = await start());
      if (kills > 20) {
        process.stderr.write(`sends: ${round} of ${kills} kills, ${pressure.accepted.length} of ${messages} accepted, X took ${sandbox.ledger.sends.length}, ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
      }
    }
    sandbox.faults.remove();
    while (!pressure.isDone) {
      await pressure.press(messages);
    }
    await service.end('SIGTERM');
    sandbox.faults.remove();
    const open = "conversations WHERE lease_owner IS NOT NULL OR head_id IS NOT NULL OR id IN (SELECT conversation_id FROM messages WHERE look_up_at IS NOT NULL)";
    for (let life = 0; life < LAST_LIVES && (await countRows(databaseUrl, open)) > 0; life += 1) {
      aheadMs += AWAY_MS;
      ({ process: service } = await start());
      const due = `conversations WHERE lease_owner IS NOT NULL OR head_at <= ${now()} OR id IN (SELECT conversation_id FROM messages WHERE look_up_at <= ${now()}) OR EXISTS (SELECT 1 FROM webhook_events WHERE status = 'received')`;
      await eventually(async () => (await countRows(databaseUrl, due)) === 0, 'all that is due is done', { withinMs: 120_000, everyMs: 200 });
      await sandbox.whenIdle();
      await service.end('SIGTERM');
    }
    const compared = await compareSends(databaseUrl, pressure.accepted, sandbox, lives);
    await sandbox.close();
    return { ...compared, accepted: pressure.accepted.length, unexpected: pressure.unexpected };
  }

  it('hands each message to X at most once, in order, and brings every accepted one to an end', async () => {
    const { differences, figures, accepted, unexpected } = await kill(MESSAGES, KILLS, 'test/chaos/policy-preload.cjs');
    console.log(`sends: ${KILLS} kills, ${accepted} accepted, ${JSON.stringify(figures)}`);
    expect(differences).toEqual(NO_SEND_DIFFERENCES);
    expect(unexpected).toEqual([]);
    expect(accepted).toBeGreaterThanOrEqual(MESSAGES);
    // It was in doubt, and the doubt was settled by more than one means.
    expect(figures.unknownEver).toBeGreaterThan(KILLS);
    expect(figures.settledBy).toMatchObject({ echo: expect.any(Number) as number, 'look-up': expect.any(Number) as number });
    // 99.9 %, and one of the few of a short run, for a machine that was busy elsewhere.
    expect(figures.settledInTime).toBeGreaterThanOrEqual(Math.floor(0.999 * figures.echoed));
    expect(figures.echoed).toBeGreaterThan(KILLS);
  }, 120_000 + KILLS * 20_000 + MESSAGES * 100);

  it('control: a queue that tries again what it lost sight of is caught sending twice', async () => {
    const { differences } = await kill(240, 4, 'test/chaos/sends-again.cjs');
    expect(differences.sentTwice.length).toBeGreaterThan(0);
  }, 240_000);
});
