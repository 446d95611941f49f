/**
 * Any history of inbound messages, sends and replies given back, told to the functions and to a model that knows the contract
 * (§7) only: it keeps the list of what happened and works everything out anew from it. Then wrong variants of the
 * functions, each of which the same check has to find.
 */
import fc from 'fast-check';
import { BEYOND_ALLOTMENT, type BeyondAllotment } from '../config/settings.js';
import { DAY_MS, HOUR_MS } from '../kernel/duration.js';
import * as replyWindow from './reply-window.js';
import type { ReplyWindow, ReplyWindowRule } from './reply-window.js';
import { decideSend } from './send-decision.js';

const REAL = {
  windowAfterInbound: replyWindow.windowAfterInbound,
  isOpen: replyWindow.isOpen,
  remainingReplies: replyWindow.remainingReplies,
  takeReply: replyWindow.takeReply,
  giveBackReply: replyWindow.giveBackReply,
  decideSend,
};
type Functions = typeof REAL;

/** Offsets are added to the moment they name; `back` chooses among the sends so far. */
type Step =
  | { kind: 'wait'; until: 'now' | 'end'; offset: number }
  | { kind: 'inbound'; dated: 'now' | 'newest' | 'earliest' | 'end'; offset: number }
  | { kind: 'send'; beyondAllotment: BeyondAllotment; times: number }
  | { kind: 'give-back'; back: number };

const nearby = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: -1, max: 1 }) }, { weight: 1, arbitrary: fc.constantFrom(-DAY_MS, -HOUR_MS, HOUR_MS, DAY_MS) });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), until: fc.constantFrom('now' as const, 'end' as const), offset: nearby }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('inbound' as const),
        dated: fc.constantFrom('now' as const, 'newest' as const, 'earliest' as const, 'end' as const),
        offset: nearby,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('send' as const), beyondAllotment: fc.constantFrom(...BEYOND_ALLOTMENT), times: fc.integer({ min: 1, max: 6 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('give-back' as const), back: fc.nat(7) }) },
  ),
  { maxLength: 14 },
);
const rules = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ allotment: 5, windowMs: DAY_MS }) },
  { weight: 1, arbitrary: fc.record({ allotment: fc.integer({ min: 1, max: 3 }), windowMs: fc.constantFrom(HOUR_MS, 2 * DAY_MS) }) },
);

interface Send {
  /** The newest inbound message when it was sent. */
  answers: number | null;
  isFree: boolean;
  isGivenBack: boolean;
}

/** What happened, as lists; every question is answered from them alone. */
class History {
  readonly inboundTimes: number[] = [];
  readonly sends: Send[] = [];

  constructor(private readonly rule: ReplyWindowRule) {}

  newest(): number | null {
    return this.inboundTimes.reduce<number | null>((latest, time) => (latest === null || time > latest ? time : latest), null);
  }

  ageIsInside(now: number): boolean {
    const newest = this.newest();
    return newest !== null && now - newest <= this.rule.windowMs - 1;
  }

  used(): number {
    return this.sends.filter((send) => send.isFree && !send.isGivenBack && send.answers === this.newest()).length;
  }

  left(now: number): number {
    return this.ageIsInside(now) ? this.rule.allotment - this.used() : 0;
  }
}

function check(functions: Functions, rule: ReplyWindowRule, story: readonly Step[]): void {
  const history = new History(rule);
  const charged: (number | null)[] = [];
  let now = Date.UTC(2026, 10, 22, 12);
  let window: ReplyWindow | null = null;
  const moments = () => {
    const newest = history.newest() ?? now;
    return { now, newest, earliest: Math.min(now, ...history.inboundTimes), end: newest + rule.windowMs };
  };

  const send = (beyondAllotment: BeyondAllotment): void => {
    const isFree = history.left(now) > 0;
    const decision = functions.decideSend(window, rule, beyondAllotment, now);
    const taken = functions.takeReply(window, rule, now);
    const reason = history.ageIsInside(now) ? 'allotment-used' : 'window-closed';
    const wanted = isFree || beyondAllotment === 'count' ? { kind: 'send', charge: isFree ? 'reply' : 'rate-limit' } : { kind: beyondAllotment, reason };
    if (isFree || beyondAllotment === 'count') {
      history.sends.push({ answers: history.newest(), isFree, isGivenBack: false });
      charged.push(isFree ? (taken.window?.openedAt ?? null) : null);
    }
    const newest = history.newest();
    const after = newest === null ? null : { openedAt: newest, used: history.used() };
    expect(decision).toEqual({ ...wanted, window: after });
    expect(taken).toEqual({ charge: isFree ? 'reply' : 'rate-limit', window: after });
    window = taken.window;
  };

  for (const step of story) {
    switch (step.kind) {
      case 'wait':
        now = Math.max(now, moments()[step.until] + step.offset);
        break;
      case 'inbound': {
        const inboundAt = moments()[step.dated] + step.offset;
        window = functions.windowAfterInbound(window, inboundAt, now);
        history.inboundTimes.push(inboundAt > now ? now : inboundAt);
        break;
      }
      case 'send':
        for (let i = 0; i < step.times; i += 1) send(step.beyondAllotment);
        break;
      case 'give-back': {
        const index = history.sends.length - 1 - step.back;
        const given = history.sends[index];
        // A message forgets its charge with the first time, so that a second one takes nothing from another message.
        window = functions.giveBackReply(window, given === undefined || given.isGivenBack ? null : (charged[index] ?? null));
        if (given !== undefined) given.isGivenBack = true;
        // And where nothing is used, nothing is given back.
        if (history.used() === 0) window = functions.giveBackReply(window, window?.openedAt ?? null);
        break;
      }
    }
    const newest = history.newest();
    expect(window).toEqual(newest === null ? null : { openedAt: newest, used: history.used() });
    expect(functions.isOpen(window, rule, now)).toBe(history.ageIsInside(now));
    expect(functions.remainingReplies(window, rule, now)).toBe(history.left(now));
  }
}

const historyHolds = (functions: Functions) => fc.property(rules, steps, (rule, story) => check(functions, rule, story));

/** All functions under another rule than the one that is given. */
function underRule(change: (rule: ReplyWindowRule) => ReplyWindowRule): Partial<Functions> {
  return {
    isOpen: (window, rule, now) => REAL.isOpen(window, change(rule), now),
    remainingReplies: (window, rule, now) => REAL.remainingReplies(window, change(rule), now),
    takeReply: (window, rule, now) => REAL.takeReply(window, change(rule), now),
    decideSend: (window, rule, beyond, now) => REAL.decideSend(window, change(rule), beyond, now),
  };
}
const afterInbound = (windowAfterInbound: Functions['windowAfterInbound']): Partial<Functions> => ({ windowAfterInbound });
const giveBack = (giveBackReply: Functions['giveBackReply']): Partial<Functions> => ({ giveBackReply });
const lessUsed = (window: ReplyWindow | null, by: number) => (window === null ? null : { ...window, used: window.used - by });

const MUTANTS: Readonly<Record<string, Partial<Functions>>> = {
  'six replies': underRule((rule) => ({ ...rule, allotment: rule.allotment + 1 })),
  'four replies': underRule((rule) => ({ ...rule, allotment: rule.allotment - 1 })),
  'always five replies, whatever the rule says': underRule((rule) => ({ ...rule, allotment: 5 })),
  'the end belongs to the window': underRule((rule) => ({ ...rule, windowMs: rule.windowMs + 1 })),
  'the last millisecond does not belong to the window': underRule((rule) => ({ ...rule, windowMs: rule.windowMs - 1 })),
  'an hour less': underRule((rule) => ({ ...rule, windowMs: rule.windowMs - HOUR_MS })),
  'always 24 hours, whatever the rule says': underRule((rule) => ({ ...rule, windowMs: DAY_MS })),
  'the window starts when the message arrives': afterInbound((window, _at, now) => REAL.windowAfterInbound(window, now, now)),
  'a new window keeps what was used': afterInbound((window, at, now) => {
    const after = REAL.windowAfterInbound(window, at, now);
    return after === null ? null : { ...after, used: window?.used ?? 0 };
  }),
  'a newer message gives five more and leaves the end where it was': afterInbound((window, at, now) =>
    window !== null && at > window.openedAt ? { ...window, used: 0 } : REAL.windowAfterInbound(window, at, now),
  ),
  'a newer message opens a window only when the last has closed': afterInbound((window, at, now) =>
    REAL.isOpen(window, { allotment: 5, windowMs: DAY_MS }, now) ? window : REAL.windowAfterInbound(window, at, now),
  ),
  'a duplicate opens the window anew': afterInbound((window, at, now) =>
    window?.openedAt === at ? { ...window, used: 0 } : REAL.windowAfterInbound(window, at, now),
  ),
  'an older message opens the window anew': afterInbound((_window, at, now) => REAL.windowAfterInbound(null, at, now)),
  'an older message gives the replies back': afterInbound((window, at, now) =>
    window !== null && at < window.openedAt ? { ...window, used: 0 } : REAL.windowAfterInbound(window, at, now),
  ),
  'the future is believed': afterInbound((window, at, now) => REAL.windowAfterInbound(window, at, Math.max(at, now))),
  'a message of the future changes nothing': afterInbound((window, at, now) => (at > now ? window : REAL.windowAfterInbound(window, at, now))),
  'a reply is not counted': { takeReply: (window, rule, now) => ({ ...REAL.takeReply(window, rule, now), window }) },
  'a send beyond the allotment is counted in the window': {
    takeReply: (window, rule, now) => {
      const taken = REAL.takeReply(window, rule, now);
      return taken.charge === 'reply' ? taken : { ...taken, window: lessUsed(window, -1) };
    },
  },
  'replies are left in a closed window': { remainingReplies: (window, rule) => (window === null ? 0 : rule.allotment - window.used) },
  'a held send takes a reply': {
    decideSend: (window, rule, beyond, now) => {
      const decision = REAL.decideSend(window, rule, beyond, now);
      return decision.kind === 'hold' ? { ...decision, window: lessUsed(window, -1) } : decision;
    },
  },
  'what is used up is called closed': {
    decideSend: (window, rule, beyond, now) => {
      const decision = REAL.decideSend(window, rule, beyond, now);
      return decision.kind === 'send' ? decision : { ...decision, reason: 'window-closed' };
    },
  },
  'a reply is given back to whichever window is open': giveBack((window) => (window === null || window.used === 0 ? window : lessUsed(window, 1))),
  'a reply is given back below nothing': giveBack((window, charged) => (charged === window?.openedAt ? lessUsed(window, 1) : window)),
  'a reply is given back twice': giveBack((window, charged) => REAL.giveBackReply(REAL.giveBackReply(window, charged), charged)),
  'a reply is never given back': giveBack((window) => window),
};

describe('any history of a conversation', () => {
  it('leaves the window that the contract says', () => {
    fc.assert(historyHolds(REAL), { numRuns: 300 });
  });

  it.each(Object.entries(MUTANTS))('would show the mistake: %s', (_mistake, mutant) => {
    const { failed } = fc.check(historyHolds({ ...REAL, ...mutant }), { numRuns: 2_000, endOnFailure: true });
    expect(failed).toBe(true);
  });
});
