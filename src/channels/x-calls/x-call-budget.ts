import type { Instant } from '../../kernel/clock.js';
import { MINUTE_MS } from '../../kernel/duration.js';

/** X counts its seldom calls in windows of this length. */
export const CALL_WINDOW_MS = 15 * MINUTE_MS;

/** How many calls within `CALL_WINDOW_MS`, and how many of them may come at once; the others are spread evenly over the window. */
export interface CallBudget {
  most: number;
  atOnce: number;
}

/** The calls that still count. One that a clock which was set back has put into the future counts as well. */
export function recentCalls(calls: readonly Instant[], now: Instant): Instant[] {
  return calls.filter((at) => at > now - CALL_WINDOW_MS);
}

export function mayCall(calls: readonly Instant[], { most, atOnce }: CallBudget, now: Instant): boolean {
  const recent = recentCalls(calls, now);
  const last = recent.at(-1) ?? -Infinity;
  return recent.length < atOnce || (recent.length < most && last <= now - CALL_WINDOW_MS / most);
}
