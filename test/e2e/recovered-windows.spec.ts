import fc from 'fast-check';
import { RecoveryJob } from '../../src/messaging/recovery/recovery.job.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { NAJM } from './cast.js';
import { type Both, connectNajm, messageIn, type Service, startBoth, textTo } from './service.js';

jest.setTimeout(120_000);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What happens between the brand and one person: the person writes (and X tells of it or not), the brand replies over us or by hand. */
type Step = { kind: 'wrote'; isTold: boolean } | { kind: 'reply' } | { kind: 'by-hand'; isTold: boolean };

const steps = fc.array(
  fc.record({
    step: fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('wrote' as const), isTold: fc.boolean() }) },
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('reply' as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('by-hand' as const), isTold: fc.boolean() }) },
    ),
    // Around the 24 hours of a window.
    waitMs: fc.oneof({ weight: 3, arbitrary: fc.constant(MINUTE_MS) }, { weight: 1, arbitrary: fc.constant(8 * HOUR_MS) }, { weight: 1, arbitrary: fc.constant(24 * HOUR_MS - MINUTE_MS) }),
  }),
  { minLength: 3, maxLength: 14 },
);

const at = (step: Step): { step: Step; waitMs: number } => ({ step, waitMs: MINUTE_MS });
const wroteAtOnce = at({ kind: 'wrote', isTold: true });
/** The allotment is used up by what was typed elsewhere, of which nobody told; two more replies go out. */
const overfull = [
  wroteAtOnce,
  ...Array.from({ length: 3 }, () => at({ kind: 'reply' })),
  at({ kind: 'by-hand', isTold: false }),
  at({ kind: 'reply' }),
  at({ kind: 'by-hand', isTold: false }),
  at({ kind: 'reply' }),
  at({ kind: 'reply' }),
];

describe.each([false, true])('Windows and charges of what was missed, messages typed elsewhere counted: %s', (isElsewhereCounted) => {
  const clock = new ManualClock();
  let both: Both;
  let service: Service;
  let people = 0;

  beforeAll(async () => {
    both = await startBoth({ clock, env: { TWITTER_CHANNEL__TIMETABLE__RECOVERY_MS: '1728000000', TWITTER_CHANNEL__MESSAGING__POLL_MS: '20', TWITTER_CHANNEL__RATE_POLICY__COUNT_MESSAGES_SENT_ELSEWHERE: String(isElsewhereCounted) } });
    service = both.service;
    await connectNajm(service);
  });
  afterAll(() => both.stop());

  const newPerson = (): string => both.sandbox.people.addParticipant({ name: `Person ${people}`, screenName: `person_${(people += 1)}` }).id;
  const listOf = async (person: string) => {
    const { body } = await service.call('/v1/conversations?limit=100');
    const conversation = body['data'].find(({ participant }) => participant.number === person);
    return conversation === undefined ? [] : (await service.call(`/v1/conversations/${conversation.id}/messages?limit=100`)).body['data'];
  };
  const say = async (person: string, isByHand: boolean, isTold: boolean, text: string): Promise<void> => {
    const [from, role, to] = isByHand ? ([NAJM.id, 'brand', person] as const) : ([person, 'participant', NAJM.id] as const);
    const { eventId } = await both.sandbox.conversations.write(from, role, { to, text, deliver: isTold });
    await (isTold ? eventually(async () => expect((await listOf(person)).some(({ xMessageId }) => xMessageId === eventId)).toBe(true), 'it is told') : undefined);
  };

  /** The same, once with everything told and once with some of it missed. */
  async function live(history: readonly { step: Step; waitMs: number }[], told: string, missing: string): Promise<void> {
    for (const [n, { step, waitMs }] of history.entries()) {
      for (const person of [told, missing]) {
        if (step.kind === 'reply') {
          const { status, body } = await service.call('/v1/messages', { body: textTo(`message ${n}`, person) });
          // X lets nobody be written to who neither wrote nor follows.
          if (status === 202) await messageIn(service, body['id'], 'sent');
        } else {
          await say(person, step.kind === 'by-hand', person === told || step.isTold, `message ${n}`);
        }
      }
      clock.advance(waitMs);
    }
  }

  /** What a team sees of them: in X's order, with what each cost, and the window as it stands. */
  const books = async (person: string) => {
    const messages = await listOf(person);
    return {
      window: messages[0]?.window,
      charges: messages.map(({ content, charge }) => [content.text, charge]).sort(),
    };
  };

  it('come out as if nothing had been missed, and as X counts them', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const [told, missing] = [newPerson(), newPerson()];
        // The first word is always heard, so that X lets both be answered.
        await live([{ step: { kind: 'wrote', isTold: true }, waitMs: MINUTE_MS }, ...history], told, missing);
        clock.advance(HOUR_MS);
        for (let n = 0; n < 4; n += 1) {
          await service.app.get(RecoveryJob).run();
          clock.advance(MINUTE_MS);
        }
        const [expected, found] = [await books(told), await books(missing)];
        expect(found).toEqual(expected);
        // X counts no message typed in an app of X.
        const { window } = both.sandbox.conversations.view(NAJM.id, missing);
        expect(isElsewhereCounted || found.window?.remaining === window.remaining).toBe(true);
        clock.advance(15 * MINUTE_MS);
      }),
      { numRuns: 25, seed: 26, examples: [[overfull], [[...overfull, wroteAtOnce]]] },
    );
  });
});
