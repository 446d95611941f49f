import { type Instant, toTimestampOrNull } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import type { LimitState } from '../../rate-policy/limit.js';
import { expiresAt, isOpen, remainingReplies, type ReplyWindow, type ReplyWindowRule } from '../../rate-policy/reply-window.js';

/** The reply window as callers see it. */
export interface WindowView {
  open: boolean;
  openedAt: string | null;
  expiresAt: string | null;
  allotment: number;
  used: number;
  remaining: number;
}

export function toWindowView(window: ReplyWindow | null, rule: ReplyWindowRule, now: Instant): WindowView {
  return {
    open: isOpen(window, rule, now),
    openedAt: toTimestampOrNull(window?.openedAt ?? null),
    expiresAt: toTimestampOrNull(window === null ? null : expiresAt(window, rule)),
    allotment: rule.allotment,
    used: window?.used ?? 0,
    remaining: remainingReplies(window, rule, now),
  };
}

/**
 * `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers writes them: the reply window, then X's limits.
 * `t` only where something is to come free: while the window is open, once something of a limit is used.
 */
export function toRateLimitHeaders(window: ReplyWindow | null, rule: ReplyWindowRule, limits: readonly LimitState[], now: Instant): Record<string, string> {
  const windowEnds = window !== null && isOpen(window, rule, now) ? expiresAt(window, rule) : null;
  const all = [
    { name: 'reply-window', quota: rule.allotment, windowMs: rule.windowMs, remaining: remainingReplies(window, rule, now), resetsAt: windowEnds },
    ...limits.map((limit) => ({ ...limit, quota: limit.limit })),
  ];
  return {
    'ratelimit-policy': all.map(({ name, quota, windowMs }) => `"${name}";q=${quota};w=${Math.round(windowMs / SECOND_MS)}`).join(', '),
    ratelimit: all.map(({ name, remaining, resetsAt }) => `"${name}";r=${remaining}${toSecondsLeft(resetsAt, now)}`).join(', '),
  };
}

function toSecondsLeft(at: Instant | null, now: Instant): string {
  return at === null ? '' : `;t=${Math.max(0, Math.ceil((at - now) / SECOND_MS))}`;
}
