/** The service and the sandbox count apart from each other, by the same clock; after any script they agree on every message. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/duration.js';
import { NAJM } from '../e2e/cast.js';
import { queryDatabase } from '../e2e/database.js';
import { type Both, connectNajm, fault, startBoth, textTo } from '../e2e/service.js';
import { type Engine, forEachEngine, onEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { type ChangedNumbers, ChangedRules } from './changed-rules.js';
import { seededFractions } from './limit-storm.js';
import { nothingMoves } from './nothing-moves.js';

const SEED = process.env['AGREEMENT_SEED'] ?? '2026-11-24';
/** AGREEMENT_STEPS=2000 is the long form. */
const STEPS = Number(process.env['AGREEMENT_STEPS'] ?? 600);
const ACCOUNT_LIMIT = 25;
const PEOPLE = 6;
/** Around the edges of windows and limits. */
const WAITS = [1, MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS - 1, DAY_MS];
const POLICIES = ['count', 'count', 'count', 'hold', 'refuse'] as const;

class Script {
  private readonly people: string[] = [];
  private readonly untold: string[] = [];

  private constructor(
    readonly both: Both,
    private readonly clock: ManualClock,
    private readonly random: () => number,
  ) {}

  static async start(engine: Engine, numbers: ChangedNumbers, rules: ChangedRules, env: Record<string, string> = {}): Promise<Script> {
    const clock = new ManualClock(Date.now());
    const both = await startBoth({
      clock,
      databaseUrl: await engine.createDatabaseUrl(),
      x: { dailyLimits: { perUser: ACCOUNT_LIMIT } },
      env: { ...rules.env({ accountLimit: ACCOUNT_LIMIT, ...numbers }), TWITTER_CHANNEL__MESSAGING__POLL_MS: '20', ...env },
    });
    const script = new Script(both, clock, seededFractions(SEED));
    await connectNajm(both.service);
    for (let n = 0; n < PEOPLE; n += 1) {
      const screenName = `script_${n}`;
      script.people.push(both.sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: 'anyone' }).id);
    }
    return script;
  }

  /** One thing happens. Returns how the two differ after it, or null. */
  async step(): Promise<string | null> {
    const dice = this.random();
    // No two things in one millisecond: two inbound messages of one time, told in the other order, are one and the same to the rule.
    this.clock.advance(1);
    if (dice < 0.22) {
      await this.write();
    } else if (dice < 0.26) {
      await this.both.sandbox.conversations.write(NAJM.id, 'brand', { to: this.pick(this.people), text: 'Typed in the app' });
    } else if (dice < 0.38) {
      this.clock.advance(this.pick(WAITS));
    } else if (dice < 0.42) {
      await this.tellLate();
    } else {
      await this.send();
    }
    await this.settle();
    return this.untold.length === 0 ? this.difference() : null;
  }

  /** Whom X counted otherwise than we charged. Only while X has told us of everything. */
  async difference(): Promise<string | null> {
    const ours = await queryDatabase<{ x_message_id: string; charge: string }>(this.both.databaseUrl, "SELECT x_message_id, charge FROM messages WHERE source = 'api' AND status IN ('sent', 'read')");
    const charges = new Map(ours.map((row) => [row.x_message_id, row.charge]));
    const different = this.both.sandbox.ledger.sends.filter(({ eventId, countedAgainst }) => charges.get(eventId) !== (countedAgainst === 'allowance' ? 'reply' : 'rate-limit'));
    const [first] = different;
    return first === undefined ? this.differentLimit() : `${different.length} of ${ours.length}: X counts ${first.eventId} against its ${first.countedAgainst}, we charged ${charges.get(first.eventId)}`;
  }

  async tellEverything(): Promise<void> {
    while (this.untold.length > 0) {
      await this.tellLate();
    }
    await this.settle();
  }

  private async differentLimit(): Promise<string | null> {
    const today = this.both.sandbox.overview.brands().find(({ id }) => id === NAJM.id)?.today;
    const theirs = (today?.user.limit ?? 0) - (today?.user.remaining ?? 0);
    const inWindow = `counted_at > ${this.clock.now() - DAY_MS} AND counted_at <= ${this.clock.now()}`;
    const [ours] = await queryDatabase<{ n: number }>(this.both.databaseUrl, `SELECT count(*) AS n FROM limit_uses WHERE ${inWindow}`);
    return Number(ours?.n) === theirs ? null : `X has counted ${theirs} in 24 hours, we ${Number(ours?.n)}`;
  }

  private async write(): Promise<void> {
    const kind = this.random();
    const deliver = kind < 0.15 ? false : kind < 0.25 ? 'twice' : true;
    const { eventId } = await this.both.sandbox.conversations.write(this.pick(this.people), 'participant', { to: NAJM.id, text: 'Hello', deliver });
    if (deliver === false) {
      this.untold.push(eventId);
    }
  }

  private async tellLate(): Promise<void> {
    const eventId = this.untold.splice(Math.floor(this.random() * this.untold.length), 1)[0];
    if (eventId !== undefined) {
      await this.both.sandbox.conversations.redeliver(eventId);
    }
  }

  private async send(): Promise<void> {
    const participant = this.pick(this.people);
    if (this.random() < 0.08) {
      fault(this.both.sandbox, { route: 'send', kind: 'status', status: 403, code: 226, message: 'Looks automated', participant });
    }
    const body = { ...textTo(`Message ${this.random()}`, participant), beyondAllotment: this.pick(POLICIES) };
    await this.both.service.call('/v1/messages', { body });
  }

  private async settle(): Promise<void> {
    await nothingMoves(this.both, this.clock.now());
    this.both.sandbox.faults.remove();
  }

  private pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)] as T;
  }
}

describe('What the sandbox counts and what the service charges', () => {
  const rules = new ChangedRules();
  afterAll(() => rules.removeAll());

  forEachEngine((engine) => {
    const steps = engine.name === 'sqlite' ? STEPS : STEPS / 3;

    it(`agree on every message of a script of ${steps} steps (seed ${SEED})`, async () => {
      const script = await Script.start(engine, {}, rules);
      try {
        for (let n = 1; n <= steps; n += 1) {
          const difference = await script.step();
          if (difference !== null) {
            throw new Error(`After step ${n}: ${difference}`);
          }
        }
        await script.tellEverything();
        expect(await script.difference()).toBeNull();
        const sends = script.both.sandbox.ledger.sends.filter(({ countedAgainst }) => countedAgainst === 'allowance').length;
        expect(sends).toBeGreaterThan(steps / 20);
        expect(script.both.sandbox.ledger.sends.length - sends).toBeGreaterThan(steps / 20);
        expect(script.both.sandbox.ledger.requests.filter(({ status }) => status === 429)).toEqual([]);
      } finally {
        await script.both.stop();
      }
    }, 300_000);
  });

  onEngine('sqlite', (engine) => {
    it.each<[string, ChangedNumbers, Record<string, string>]>([
      ['six free replies', { allotment: 6 }, {}],
      ['four free replies', { allotment: 4 }, {}],
      ['messages typed elsewhere that use the allotment', {}, { TWITTER_CHANNEL__RATE_POLICY__COUNT_MESSAGES_SENT_ELSEWHERE: 'true' }],
    ])('control: the same script shows %s', async (_what, numbers, env) => {
      const script = await Script.start(engine, numbers, rules, env);
      try {
        let difference: string | null = null;
        for (let n = 0; n < 600 && difference === null; n += 1) {
          difference = await script.step();
        }
        expect(difference).not.toBeNull();
      } finally {
        await script.both.stop();
      }
    }, 120_000);
  });
});
