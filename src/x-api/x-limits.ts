import type { Instant } from '../kernel/clock.js';

/** What X says of one of its limits in the headers of an answer. */
export interface XLimit {
  /** `endpoint`: calls of this endpoint by this account; the others count messages over 24 hours. */
  of: 'endpoint' | 'account-24h' | 'app-24h';
  /** Null where the answer leaves it out. */
  limit: number | null;
  remaining: number;
  resetsAt: Instant;
}

const HEADERS = { endpoint: 'x-rate-limit', 'account-24h': 'x-user-limit-24hour', 'app-24h': 'x-app-limit-24hour' } as const;

/** The last moment that a Date can tell, and so an answer of ours. */
const LAST_INSTANT: Instant = 8.64e15;

/** The limits that an answer names in full; X's resets are epoch seconds. */
export function readLimits(headers: Readonly<Record<string, unknown>>): XLimit[] {
  return (Object.keys(HEADERS) as XLimit['of'][]).flatMap((of) => {
    const limit = readCount(headers[`${HEADERS[of]}-limit`]);
    const remaining = readCount(headers[`${HEADERS[of]}-remaining`]);
    const resetsAt = (readCount(headers[`${HEADERS[of]}-reset`]) ?? 0) * 1_000;
    return remaining === null || resetsAt <= 0 || resetsAt > LAST_INSTANT ? [] : [{ of, limit, remaining, resetsAt }];
  });
}

function readCount(value: unknown): number | null {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null;
}
