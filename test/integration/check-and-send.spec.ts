/** Whatever a check of a send answers, the send with the same body does, at the same moment. */
import fc from 'fast-check';
import { DAY_MS } from '../../src/kernel/duration.js';
import { SendDecisions } from '../../src/messaging/acceptance/send-decisions.service.js';
import { having, type AnswerBody } from '../e2e/answers.js';
import { NAJM } from '../e2e/cast.js';
import { countRows } from '../e2e/database.js';
import { type Both, connectNajm, fault, startBoth, textTo } from '../e2e/service.js';
import { type Engine, forEachEngine, onEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { ChangedRules } from './changed-rules.js';
import { nothingMoves } from './nothing-moves.js';

interface Situation {
  /** When the participant last wrote, in milliseconds before now; null: never. */
  wroteBefore: number | null;
  mayBeWrittenTo: boolean;
  repliesUsed: number;
  ofChannel: 'count' | 'hold' | 'refuse';
  ofSend: 'count' | 'hold' | 'refuse' | undefined;
  placesTaken: number;
  waiting: number;
  isPaused: boolean;
  hasStop: boolean;
  isXAway: boolean;
}

interface Checked extends AnswerBody {
  allowed: boolean;
  outcome: 'send' | 'hold' | 'refuse';
  reasons: { code: string }[];
  limits: object[];
}

const EVERYTHING = [
  ['reply', 'rate-limit', 'held: window-closed', 'held: allotment-used', 'held: rate-limit', 'held: channel-paused'],
  ['message.window-closed', 'message.allotment-used', 'message.cannot-start-conversation', 'x.unavailable'],
].flat();
const ACCOUNT_LIMIT = 3;
const policy = fc.constantFrom('count' as const, 'count' as const, 'hold' as const, 'refuse' as const);
const rarely = fc.constantFrom(false, false, false, true);
const situations: fc.Arbitrary<Situation> = fc.record({
  wroteBefore: fc.constantFrom(null, null, 0, 1, DAY_MS - 1, DAY_MS, DAY_MS + 1),
  mayBeWrittenTo: fc.boolean(),
  repliesUsed: fc.constantFrom(0, 4, 5),
  ofChannel: policy,
  ofSend: fc.oneof(fc.constant(undefined), policy),
  placesTaken: fc.constantFrom(0, ACCOUNT_LIMIT - 1, ACCOUNT_LIMIT, ACCOUNT_LIMIT),
  waiting: fc.constantFrom(0, 0, 1),
  isPaused: rarely,
  hasStop: rarely,
  isXAway: rarely,
});

/** CHECK_RUNS=500 for a longer run. */
const RUNS = Number(process.env['CHECK_RUNS'] ?? 150);

class Subject {
  /** What sends came to. */
  readonly seen = new Set<string>();
  private people = 0;

  private constructor(
    readonly both: Both,
    private readonly clock: ManualClock,
    private readonly channel: AnswerBody,
  ) {}

  static async start(engine: Engine, rules: ChangedRules): Promise<Subject> {
    const clock = new ManualClock(Date.now());
    // Nothing is stored but by sends and checks: no job closes a window in between, however long this takes.
    const noJob = { TWITTER_CHANNEL__TIMETABLE__EXPIRED_WINDOWS_MS: '1728000000' };
    const env = { ...rules.env({ accountLimit: ACCOUNT_LIMIT }), ...noJob, TWITTER_CHANNEL__MESSAGING__POLL_MS: '20', TWITTER_CHANNEL__X__TIMEOUT_MS: '1000' };
    const both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env });
    return new Subject(both, clock, await connectNajm(both.service));
  }

  /** How the two differ in that situation, or null. */
  async difference(situation: Situation): Promise<string | null> {
    const body = await this.bring(situation);
    const before = await this.rows();
    const check = await this.both.service.call<Checked>('/v1/messages/check', { body });
    if ((await this.rows()) !== before) {
      return 'the check stored something';
    }
    const send = await this.both.service.call('/v1/messages', { body });
    const { body: limits } = await this.both.service.call<{ limits: object[] }>(`/v1/channels/${this.channel['id']}/limits`);
    this.seen.add(String(send.body['code'] ?? (send.body['heldBecause'] === null ? send.body['charge'] : `held: ${send.body['heldBecause']}`)));
    const says = (one: unknown): string => JSON.stringify(one);
    if (check.status !== 200) {
      return check.status === send.status && check.body['code'] === send.body['code'] ? null : `${check.status} ${check.body['code']}, ${send.status} ${send.body['code']}`;
    }
    const { outcome, reasons, charge, window } = check.body;
    const asSent = { 202: send.body['status'] === 'held' ? 'hold' : 'send' }[send.status] ?? 'refuse';
    const reason = asSent === 'hold' ? send.body['heldBecause'] : asSent === 'refuse' ? send.body['code'] : undefined;
    const checked = says([check.body.allowed, outcome, reasons[0]?.code, asSent === 'refuse' ? null : charge]);
    const sent = says([send.status === 202, asSent, reason ?? undefined, asSent === 'refuse' ? null : send.body['charge']]);
    if (checked !== sent) {
      return `${checked} and ${sent}`;
    }
    return asSent === 'refuse' || says([window, check.body.limits]) === says([send.body['window'], limits.limits]) ? null : says([window, check.body.limits, send.body['window'], limits.limits]);
  }

  private async bring(situation: Situation): Promise<Record<string, unknown>> {
    const { sandbox } = this.both;
    sandbox.faults.remove();
    await this.patch({ paused: false, policy: { beyondAllotment: 'count' } });
    // What earlier situations took and stopped is over; what they held goes.
    for (let days = 0; days < 3; days += 1) {
      this.clock.advance(DAY_MS + 1_000);
      await nothingMoves(this.both, this.clock.now());
    }
    const { wroteBefore } = situation;
    const participant = this.somebody(situation.mayBeWrittenTo);
    const written = this.clock.now() + DAY_MS;
    if (wroteBefore !== null) {
      this.clock.set(written - wroteBefore);
      await sandbox.conversations.write(participant, 'participant', { to: NAJM.id, text: 'Hello' });
      await nothingMoves(this.both, this.clock.now());
      for (let n = 0; n < situation.repliesUsed; n += 1) {
        await this.send(participant);
      }
    }
    await nothingMoves(this.both, this.clock.now());
    this.clock.set(Math.max(written, this.clock.now()));
    for (let n = 0; n < situation.placesTaken + (situation.placesTaken === ACCOUNT_LIMIT ? situation.waiting : 0); n += 1) {
      await this.send(this.somebody(true));
    }
    await nothingMoves(this.both, this.clock.now());
    if (situation.hasStop) {
      const other = this.somebody(true);
      await sandbox.conversations.write(other, 'participant', { to: NAJM.id, text: 'Hello' });
      await nothingMoves(this.both, this.clock.now());
      fault(sandbox, { route: 'send', kind: 'status', status: 429, code: 88, message: 'Rate limit exceeded', participant: other });
      await this.send(other);
      await nothingMoves(this.both, this.clock.now());
    }
    if (situation.isXAway) {
      fault(sandbox, { route: 'friendships', kind: 'status', status: 503, code: 130, times: null });
    }
    await this.patch({ paused: situation.isPaused, policy: { beyondAllotment: situation.ofChannel } });
    return { ...textTo('Hello', participant), ...(situation.ofSend === undefined ? {} : { beyondAllotment: situation.ofSend }) };
  }

  private somebody(mayBeWrittenTo: boolean): string {
    const screenName = `somebody_${(this.people += 1)}`;
    return this.both.sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: mayBeWrittenTo ? 'anyone' : 'nobody' }).id;
  }

  private async send(participant: string): Promise<void> {
    expect(await this.both.service.call('/v1/messages', { body: textTo('Before', participant) })).toEqual(having({ status: 202 }));
  }

  private async patch(body: object): Promise<void> {
    await this.both.service.call(`/v1/channels/${this.channel['id']}`, { method: 'PATCH', body });
  }

  private async rows(): Promise<string> {
    const tables = ['messages', 'conversations', 'limit_uses', 'attempts', 'team_events'];
    return (await Promise.all(tables.map((table) => countRows(this.both.databaseUrl, table)))).join();
  }
}

describe('A check of a send', () => {
  const rules = new ChangedRules();
  afterAll(() => rules.removeAll());

  const property = (subject: Subject) =>
    fc.asyncProperty(situations, async (situation) => {
      const difference = await subject.difference(situation);
      if (difference !== null) {
        throw new Error(difference);
      }
    });

  forEachEngine((engine) => {
    it('says what the send then does', async () => {
      const subject = await Subject.start(engine, rules);
      try {
        await fc.assert(property(subject), { numRuns: engine.name === 'sqlite' ? RUNS : Math.ceil(RUNS / 6), endOnFailure: true });
        // The shorter run may miss the rarer ones.
        expect(EVERYTHING.filter((what) => !subject.seen.has(what)).length).toBeLessThanOrEqual(engine.name === 'sqlite' ? 0 : 7);
      } finally {
        await subject.both.stop();
      }
    }, 60_000 + RUNS * 2_000);
  });

  onEngine('sqlite', (engine) => {
    it('control: one that looks at no limit and at nobody who waits is found out', async () => {
      const subject = await Subject.start(engine, rules);
      try {
        const decisions = subject.both.service.app.get(SendDecisions, { strict: false });
        const decide = decisions.decide.bind(decisions);
        decisions.decide = async (manager, wanted, isBinding) => {
          const decided = await decide(manager, wanted, isBinding);
          const { decision } = decided;
          const isHeld = decision.kind === 'hold' && decision.reason === 'rate-limit';
          return !isBinding && isHeld ? { ...decided, decision: { kind: 'send', charge: 'rate-limit', window: decision.window } } : decided;
        };
        const result = await fc.check(property(subject), { numRuns: 300, endOnFailure: true });
        expect(result.failed).toBe(true);
      } finally {
        await subject.both.stop();
      }
    }, 60_000 + RUNS * 2_000);
  });
});
