import type { Instant } from '../kernel/clock.js';

/** 2010-11-04T01:42:54.657Z: where the clock in X's ids starts. */
const X_EPOCH_MS = 1_288_834_974_657n;
const SEQUENCE_BITS = 22n;

/** When X made an id: the milliseconds stand in it, above 22 bits that tell ids of one millisecond apart. */
export function timeOfXId(id: string): Instant {
  return Number((BigInt(id) >> SEQUENCE_BITS) + X_EPOCH_MS);
}
