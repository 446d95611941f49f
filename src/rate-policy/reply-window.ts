import type { Instant } from '../kernel/clock.js';

/**
 * X's reply window. An inbound message with X's time t opens [t, t + windowMs) with `allotment` free replies,
 * and forgets what was used before. All values are X's times in epoch milliseconds; nothing here reads a clock.
 *
 * none ──inbound t──▶ open(t, used 0) ──reply──▶ open(t, used + 1) … ──t + windowMs──▶ closed
 *                        ▲                                                               │
 *                        └───────────────── inbound with a newer t ──────────────────────┘
 */
export interface ReplyWindow {
  /** X's time of the inbound message that opened it; also tells one window of a conversation from the next. */
  openedAt: Instant;
  /** Replies of ours that use this window's allotment. */
  used: number;
}

/** The numbers of the rule. They are data (`config/rate-policies.yaml`): X's own pages disagree on others of their kind. */
export interface ReplyWindowRule {
  allotment: number;
  windowMs: number;
}

/** `reply` is inside the allotment and free; `rate-limit` counts towards the account's and the app's limits. */
export type Charge = 'reply' | 'rate-limit';

/**
 * The window after an inbound message, or the same one when the message changes nothing: a duplicate, a late older one.
 * A time in the future counts as now. Two deliveries of one future-dated message are told apart by its id, before this is asked.
 */
export function windowAfterInbound(window: ReplyWindow | null, inboundAt: Instant, now: Instant): ReplyWindow | null {
  const openedAt = Math.min(inboundAt, now);
  return window === null || openedAt > window.openedAt ? { openedAt, used: 0 } : window;
}

export function expiresAt(window: ReplyWindow, rule: ReplyWindowRule): Instant {
  return window.openedAt + rule.windowMs;
}

/** The end does not belong to the window. */
export function isOpen(window: ReplyWindow | null, rule: ReplyWindowRule, now: Instant): boolean {
  return window !== null && now < expiresAt(window, rule);
}

/** Free replies left at `now`. */
export function remainingReplies(window: ReplyWindow | null, rule: ReplyWindowRule, now: Instant): number {
  return window !== null && isOpen(window, rule, now) ? Math.max(0, rule.allotment - window.used) : 0;
}

/** What a send at `now` costs, and the window after it. */
export function takeReply(
  window: ReplyWindow | null,
  rule: ReplyWindowRule,
  now: Instant,
): { charge: Charge; window: ReplyWindow | null } {
  if (window === null || remainingReplies(window, rule, now) === 0) {
    return { charge: 'rate-limit', window };
  }
  return { charge: 'reply', window: { ...window, used: window.used + 1 } };
}

/** Gives back a reply that was taken from the window opened at `chargedWindow` and never reached X; nothing when that window is gone. */
export function giveBackReply(window: ReplyWindow | null, chargedWindow: Instant | null): ReplyWindow | null {
  if (window === null || chargedWindow !== window.openedAt || window.used === 0) {
    return window;
  }
  return { ...window, used: window.used - 1 };
}
