import type { Instant } from '../../kernel/clock.js';
import { MINUTE_MS, SECOND_MS } from '../../kernel/duration.js';

/** What X refused with 402: a send, or another call, by its kind. */
export type PaidCall = 'send' | 'media' | 'history' | 'people' | 'signs' | 'welcome-messages' | 'line';

/** X takes no paid calls of a channel: the credits of its app are used up. */
export interface CreditStop {
  since: Instant;
  /** What X refused. A call of the same kind that X answers shows that there are credits again; a send shows it for all. */
  by: PaidCall;
  /** How often X was asked, and refused, since then. */
  tries: number;
  /** When one message may try again. */
  retryAt: Instant;
  /** The message that tries now, until `retryAt`; null while none does. */
  probe: string | null;
}

const FIRST_RETRY_MS = 15 * SECOND_MS;
const LONGEST_RETRY_MS = 10 * MINUTE_MS;
/** How long a try may take, its upload included, before another message tries. */
const PROBE_MS = MINUTE_MS;

/** How long X is not asked after refusal number `tries`: doubling from 15 s to 10 min, spread by ±20 %. `spread` is 0 to 1. */
export function creditRetryMs(tries: number, spread: number): number {
  const base = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, tries - 1));
  return Math.round(base * (0.8 + 0.4 * spread));
}

/**
 * The stop after X refused a call. Of several that were on their way together only the first counts as a try, so that the
 * waits grow with the tries and not with how busy the channel was.
 */
export function stopAfterRefusal(stop: CreditStop | null, refused: { by: PaidCall; messageId: string | null }, now: Instant, spread: number): CreditStop {
  const { by, messageId } = refused;
  const isTry = stop === null || (messageId !== null && messageId === stop.probe) || (stop.probe === null && now >= stop.retryAt);
  if (!isTry) {
    // A send tells more than what had found it out.
    return { ...stop, by: by === 'send' ? by : stop.by };
  }
  const tries = (stop?.tries ?? 0) + 1;
  return { since: stop?.since ?? now, by: by === 'send' ? by : (stop?.by ?? by), tries, retryAt: now + creditRetryMs(tries, spread), probe: null };
}

/** The stop while a message tries. */
export function stopDuringProbe(stop: CreditStop, messageId: string, now: Instant): CreditStop {
  return { ...stop, probe: messageId, retryAt: now + PROBE_MS };
}

/** The stop after a try that did not tell: the next one may follow at once where X answered, else after the usual wait. */
export function stopAfterVainProbe(stop: CreditStop, isAnswered: boolean, now: Instant, spread: number): CreditStop {
  return { ...stop, probe: null, retryAt: isAnswered ? now : now + creditRetryMs(stop.tries, spread) };
}
