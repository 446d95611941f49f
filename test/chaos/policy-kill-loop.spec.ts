import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { countRows } from '../e2e/database.js';
import { ChangedRules } from '../integration/changed-rules.js';
import { type Engine, forEachEngine, onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ensureBuild, freePort } from '../support/processes.js';
import { type Charges, compareCharges, type Drift, NO_DRIFT, readDrift } from './policy-books.js';
import { PolicyPressure } from './policy-pressure.js';
import { connectChannel, startServiceProcess } from './service-process.js';

/** POLICY_KILLS=100 is the long form, and says how far it is; CHAOS_SEED repeats a run as far as the machine's timing lets it. */
const KILLS = Number(process.env['POLICY_KILLS'] ?? 12);
const SEED = process.env['CHAOS_SEED'] ?? 'policy';
const PARTICIPANTS = 16;
/** Few enough that some wait for a place and are released. */
const ACCOUNT_LIMIT = 30;
const HOUR_MS = 3_600_000;
/** Between two lives of the service: past what X's 429 asks for, past `validUntil`, past windows and limits. */
const AWAY_MS = [61_000, HOUR_MS, 5 * HOUR_MS];

/** Inside the transactions, between them, and whenever the load is over. */
const POINTS = [
  'after LimitPlaces.take',
  'after OutgoingMessages.accept',
  'after LimitPlaces.begin',
  'after Handover.depart',
  'before Handover.settle',
  'after SendStops.learn',
  'after Settlement.markSent',
  'after Settlement.markEnded',
  'after LimitPlaces.giveBack',
  'after LimitPlaces.putBack',
  'after LimitPlaces.noteLook',
  'after WindowCharges.chargeAnew',
  'at any time',
];

interface Outcome {
  /** What was found after any kill or at the end. */
  drifts: Drift[];
  charges: Charges;
  accepted: number;
  killedAt: Map<string, number>;
}

describe('Killing the service between taking a place, settling it and giving it back', () => {
  const rules = new ChangedRules();
  beforeAll(() => ensureBuild(), 200_000);
  afterAll(() => rules.removeAll());

  async function kill(engine: Engine, kills: number, preload = 'test/chaos/policy-preload.cjs', points = POINTS): Promise<Outcome> {
    let aheadMs = 0;
    const now = () => Date.now() + aheadMs;
    const retryDelaysMs = Array.from({ length: 40 }, () => 250);
    const sandbox: Sandbox = await startSandbox({ now, retryDelaysMs, dailyLimits: { perUser: 1_000_000, perApp: 1_000_000 } });
    const databaseUrl = await engine.createDatabaseUrl();
    const port = await freePort();
    const env = { ...rules.env({ accountLimit: ACCOUNT_LIMIT }), TWITTER_CHANNEL__MESSAGING__POLL_MS: '50', TWITTER_CHANNEL__TIMETABLE__EXPIRED_WINDOWS_MS: '1000' };
    const start = async (killAt: string) => {
      const started = startServiceProcess({ databaseUrl, port, sandbox, preload, env: { ...env, CLOCK_AHEAD_MS: String(aheadMs), KILL_AT: killAt } });
      await started.process.waitUntilReady(started.url).catch((error: unknown) => {
        // A point that what was left behind comes past at the start.
        if (!started.process.hasEnded) throw error;
      });
      return started;
    };
    const participants = Array.from({ length: PARTICIPANTS }, (_, n) => {
      const screenName = `policy_${n}`;
      return sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: 'anyone' }).id;
    });
    const first = await start('');
    await connectChannel(first.url);
    const pressure = new PolicyPressure(first.url, sandbox, participants, now, SEED);
    await first.process.end('SIGTERM');

    const drifts: Drift[] = [];
    const killedAt = new Map<string, number>();
    for (let round = 1; round <= kills; round += 1) {
      const point = pressure.oneOf(points);
      const { process: service } = await start(`${point} ${pressure.oneOf([1, 2, 4, 8])}`);
      await pressure.press();
      const isStruck = await service.waitForEnd(300).then(() => true, () => false);
      await service.end('SIGKILL');
      killedAt.set(isStruck ? point : 'at any time', (killedAt.get(isStruck ? point : 'at any time') ?? 0) + 1);
      drifts.push(await readDrift(databaseUrl));
      aheadMs += pressure.oneOf(AWAY_MS);
      if (kills > 20 && round % 10 === 0) {
        process.stderr.write(`policy kill loop: ${round} of ${kills}, ${pressure.accepted} accepted\n`);
      }
    }
    const { process: last } = await start('');
    await sandbox.whenIdle();
    const open = `conversations WHERE lease_owner IS NOT NULL OR head_at <= ${now()}`;
    await eventually(async () => (await countRows(databaseUrl, open)) === 0, 'all that may go has gone', { withinMs: 30_000, everyMs: 200 });
    await sandbox.whenIdle();
    await last.end('SIGTERM');
    drifts.push(await readDrift(databaseUrl));
    const charges = await compareCharges(databaseUrl, sandbox, pressure.inbounds);
    await sandbox.close();
    return { drifts, charges, accepted: pressure.accepted, killedAt };
  }

  forEachEngine((engine) => {
    it('leaves every count equal to the messages that it is for, and to X’s own', async () => {
      const { drifts, charges, accepted, killedAt } = await kill(engine, KILLS);
      console.log(`policy kill loop: ${KILLS} kills (${[...killedAt].map(([point, times]) => `${times} ${point}`).join(', ')}), ${accepted} accepted, ${charges.compared} compared with X, ${charges.tooMany.length} of ours too many`);
      expect(drifts).toEqual(Array.from({ length: KILLS + 1 }, () => NO_DRIFT));
      expect(charges.tooFew).toEqual([]);
      expect(charges.tooMany.length).toBeLessThanOrEqual(charges.compared / 20);
      expect(charges.compared).toBeGreaterThan(KILLS);
      expect(accepted).toBeGreaterThan(5 * KILLS);
    }, 120_000 + KILLS * 10_000);
  });

  onEngine('sqlite', (engine) => {
    it('control: a place taken in a transaction of its own, before the message’s, is caught leaking', async () => {
      const { drifts } = await kill(engine, 4, 'test/chaos/place-before-message.cjs', ['before Acceptance.accept']);
      expect(drifts.at(-1)?.placesOfNobody).not.toEqual([]);
    }, 120_000);
  });
});
