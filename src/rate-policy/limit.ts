import type { Instant } from '../kernel/clock.js';

/**
 * X's limits on sends beyond the reply windows: a sliding log for each of them. A send counts from X's time of it for
 * `windowMs`; one that is accepted and not yet sent counts in every window. All values are epoch milliseconds.
 */
export interface LimitRule {
  /** Who is counted and for how long: `account-24h`. */
  name: string;
  limit: number;
  windowMs: number;
}

/** What X said of a limit with its answer to a send. It holds until `resetsAt`. */
export interface LimitCorrection {
  /** Null: X did not say. */
  limit: number | null;
  remaining: number;
  /** X's time of the send that it answered: what counts later is not in `remaining`. */
  observedAt: Instant;
  resetsAt: Instant;
}

/** What is on record of one limit at one moment. */
export interface LimitFacts {
  rule: LimitRule;
  /** Uses within the window, with those that are accepted and not yet sent. */
  used: number;
  /** X's time of the oldest of them that was sent; null when none was. */
  oldestUseAt: Instant | null;
  correction: LimitCorrection | null;
  /** Of `used`, those that `correction.remaining` does not know of yet. */
  usedSinceCorrection: number;
}

/** A limit as it stands. */
export interface LimitState {
  name: string;
  windowMs: number;
  limit: number;
  used: number;
  remaining: number;
  /** Of `remaining`, what this channel may use now: of the app's limit, other channels have their shares. */
  available: number;
  /** When the next place comes free, or X starts anew; null while nothing is used. */
  resetsAt: Instant | null;
  /** `x` when what X said is stricter than the policy. */
  source: 'policy' | 'x';
}

/** Our own log, corrected downwards by what X said: never upwards. */
export function toLimitState({ rule, used, oldestUseAt, correction, usedSinceCorrection }: LimitFacts, now: Instant): LimitState {
  const own: LimitState = {
    name: rule.name,
    windowMs: rule.windowMs,
    limit: rule.limit,
    used,
    remaining: Math.max(0, rule.limit - used),
    available: Math.max(0, rule.limit - used),
    resetsAt: oldestUseAt === null ? null : oldestUseAt + rule.windowMs,
    source: 'policy',
  };
  if (correction === null || now >= correction.resetsAt) {
    return own;
  }
  const limit = Math.min(rule.limit, correction.limit ?? rule.limit);
  const remaining = Math.max(0, Math.min(limit - used, correction.remaining - usedSinceCorrection));
  if (limit === own.limit && remaining === own.remaining) {
    return own;
  }
  return { ...own, limit, used: limit - remaining, remaining, available: remaining, resetsAt: correction.resetsAt, source: 'x' };
}

/** When there may be a place in all of them: now, or when the last of those that are used up has one; null when nothing on record says so. */
export function nextPlaceAt(states: readonly LimitState[], now: Instant): Instant | null {
  const usedUp = states.filter(({ available }) => available === 0);
  const resets = usedUp.map(({ resetsAt }) => resetsAt).filter((resetsAt) => resetsAt !== null);
  if (usedUp.length === 0) {
    return now;
  }
  return resets.length === 0 ? null : Math.max(...resets);
}

/** The limits after one more send. */
export function afterUse(states: readonly LimitState[]): LimitState[] {
  return states.map((state) => ({
    ...state,
    used: state.used + 1,
    remaining: Math.max(0, state.remaining - 1),
    available: Math.max(0, state.available - 1),
  }));
}

/** Of X's counted sends, those that may go to X now without being more than it said it would take: for sends that have their place in our log. */
export function roomAtX(correction: LimitCorrection | null, sentSinceCorrection: number, now: Instant): number {
  return correction === null || now >= correction.resetsAt ? Infinity : Math.max(0, correction.remaining - sentSinceCorrection);
}

/** The part of a limit that makes it low. */
const LOW_PART = 0.2;

export type LimitLevel = 'ok' | 'low' | 'reached';

export function levelOf(state: Pick<LimitState, 'limit' | 'remaining'>): LimitLevel {
  if (state.remaining === 0) {
    return 'reached';
  }
  return state.remaining <= state.limit * LOW_PART ? 'low' : 'ok';
}

/**
 * What the teams have been told, after a limit stands at `level`, and whether they are to be told now. Once low they hear only
 * of `reached`, and of nothing again before there was more than a fifth left: at the limit, a place comes free and is taken again and again.
 */
export function noticeOf(told: LimitLevel, level: LimitLevel): { told: LimitLevel; isNews: boolean } {
  if (level === 'ok') {
    return { told: 'ok', isNews: false };
  }
  const isNews = told === 'ok' || (told === 'low' && level === 'reached');
  return { told: isNews ? level : told, isNews };
}
