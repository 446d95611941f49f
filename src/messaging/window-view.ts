import { type Instant, toTimestampOrNull } from '../kernel/clock.js';
import { expiresAt, isOpen, remainingReplies, type ReplyWindow, type ReplyWindowRule } from '../rate-policy/reply-window.js';

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

/** `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers writes them; `t` only while the window is open. */
export function toRateLimitHeaders(window: ReplyWindow | null, rule: ReplyWindowRule, now: Instant): Record<string, string> {
  const resets = window !== null && isOpen(window, rule, now) ? `;t=${Math.ceil((expiresAt(window, rule) - now) / 1_000)}` : '';
  return {
    'ratelimit-policy': `"reply-window";q=${rule.allotment};w=${Math.round(rule.windowMs / 1_000)}`,
    ratelimit: `"reply-window";r=${remainingReplies(window, rule, now)}${resets}`,
  };
}
