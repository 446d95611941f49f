import type { Instant } from '../../kernel/clock.js';

/** 2010-11-04T01:42:54.657Z: where X's id clock starts. */
const X_EPOCH_MS = 1_288_834_974_657n;
const SEQUENCE_BITS = 22n;
const SEQUENCE_MASK = (1n << SEQUENCE_BITS) - 1n;

/**
 * X's 64-bit ids: milliseconds since X's epoch, then 22 bits that tell ids of one millisecond apart.
 * The lower bits count up over all ids, so two ids never meet, whatever the times they are made for.
 */
export class SnowflakeFactory {
  private sequence = 0n;

  create(at: Instant): string {
    this.sequence = (this.sequence + 1n) & SEQUENCE_MASK;
    return (((BigInt(at) - X_EPOCH_MS) << SEQUENCE_BITS) | this.sequence).toString();
  }
}

/** The millisecond an id was made for. */
export function snowflakeTime(id: string): Instant {
  return Number((BigInt(id) >> SEQUENCE_BITS) + X_EPOCH_MS);
}

/** Orders ids by their number; they differ in length, so text order would not do. */
export function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
