import type { Instant } from '../kernel/clock.js';
import { MINUTE_MS } from '../kernel/duration.js';

/** X's clock and ours may differ by this much. */
const CLOCK_SKEW_MS = 2 * MINUTE_MS;

/** X's time of a send as it is counted: not in the future, and not before it was handed over. A time further off is not believed. */
export function timeOfSend(xTime: Instant, beganAt: Instant, now: Instant): Instant {
  return Math.min(now, Math.max(xTime, beganAt - CLOCK_SKEW_MS));
}
