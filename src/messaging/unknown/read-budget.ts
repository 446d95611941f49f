import type { Instant } from '../../kernel/clock.js';
import { MINUTE_MS } from '../../kernel/duration.js';

/** X counts reads of an account's history in windows of this length. */
export const READ_WINDOW_MS = 15 * MINUTE_MS;

/** The reads that still count. One that a clock which was set back has put into the future counts as well. */
export function recentReads(reads: readonly Instant[], now: Instant): Instant[] {
  return reads.filter((at) => at > now - READ_WINDOW_MS);
}

/**
 * Whether a read may be made now. The first half of the budget is there at once, the other half evenly over the window: spent in one
 * go, it would leave nothing for messages that turn unknown a minute later.
 */
export function mayRead(reads: readonly Instant[], budget: number, now: Instant): boolean {
  const recent = recentReads(reads, now);
  const last = recent.at(-1) ?? -Infinity;
  return recent.length < Math.ceil(budget / 2) || (recent.length < budget && last <= now - READ_WINDOW_MS / budget);
}
