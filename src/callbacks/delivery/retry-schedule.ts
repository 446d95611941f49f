import type { Instant } from '../../kernel/clock.js';
import { DAY_MS, SECOND_MS } from '../../kernel/duration.js';

/** A wait is up to a fifth shorter or longer, so that what failed together does not come back together. */
const JITTER = 0.2;
/** A receiver may ask for no longer a pause. */
const LONGEST_RETRY_AFTER_MS = DAY_MS;

/** What came of an attempt: an answer with its status, or none. */
export type AttemptResult = { kind: 'answered'; status: number; retryAfterMs: number | null } | { kind: 'unanswered' };

export type NextStep =
  | { kind: 'delivered' }
  /** The receiver wants nothing any more. */
  | { kind: 'gone' }
  | { kind: 'again'; at: Instant }
  /** That was the last attempt of the schedule. */
  | { kind: 'given-up' };

/** Only a 2xx is one; a redirect is none. */
export function isSuccess(result: AttemptResult): boolean {
  return result.kind === 'answered' && result.status >= 200 && result.status < 300;
}

/**
 * What happens after the attempt number `tries`, which is the first when it is 1. `delays[n]` is the wait before attempt n + 1, and
 * `fraction`, from 0 to 1, says where in its jitter the wait lies.
 */
export function decideNext(result: AttemptResult, tries: number, delays: readonly number[], now: Instant, fraction: number): NextStep {
  if (isSuccess(result)) {
    return { kind: 'delivered' };
  }
  if (result.kind === 'answered' && result.status === 410) {
    return { kind: 'gone' };
  }
  const delay = delays[tries];
  if (delay === undefined) {
    return { kind: 'given-up' };
  }
  const wait = Math.round(delay * (1 - JITTER + 2 * JITTER * fraction));
  const askedFor = result.kind === 'answered' ? Math.min(result.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS) : 0;
  return { kind: 'again', at: now + Math.max(wait, askedFor) };
}

/** How long a `Retry-After` asks to wait: seconds, or a date. Null for none and for what is neither. */
export function parseRetryAfter(header: string | null, now: Instant): number | null {
  if (header === null) {
    return null;
  }
  const text = header.trim();
  if (/^\d{1,10}$/.test(text)) {
    return Number(text) * SECOND_MS;
  }
  const at = /^[A-Za-z]{3},/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
