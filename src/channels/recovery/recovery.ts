import type { Instant } from '../../kernel/clock.js';
import { DAY_MS, MINUTE_MS } from '../../kernel/duration.js';

/** X's history of direct messages goes back this far. */
export const HISTORY_MS = 30 * DAY_MS;

/** What X dates just before a pass may get into its history just after it: each pass looks this far behind the end of the one before. */
export const OVERLAP_MS = 10 * MINUTE_MS;

/** One reading of X's history, from its newest message back. It may take many pages, and X allows few at a time. */
export interface HistoryPass {
  /** How far back it goes; null when none is under way. */
  passSince: Instant | null;
  /** When it began: it has all that X had then. */
  passUntil: Instant | null;
  /** Where it goes on; null at its first page. */
  cursor: string | null;
}

export interface Recovery {
  channelId: string;
  /** Everything that X dates before then is recorded, as far as X still had it. */
  completeUntil: Instant;
}

/** The pass that goes on, or one that begins now. What X dates before `beganAt` is none of ours. */
export function passOf({ completeUntil, passSince, passUntil, cursor }: Recovery & HistoryPass, beganAt: Instant, now: Instant): { passSince: Instant; passUntil: Instant; cursor: string | null } {
  return passSince === null || passUntil === null
    ? { passSince: Math.max(completeUntil - OVERLAP_MS, beganAt, now - HISTORY_MS), passUntil: now, cursor: null }
    : { passSince, passUntil, cursor };
}
