import { MINUTE_MS } from '../../kernel/duration.js';

const FIRST_MS = 10 * MINUTE_MS;
const LONGEST_MS = 60 * MINUTE_MS;

/**
 * How long X is not asked to challenge our webhook again after so many failures in a row: the first is tried again at the next check,
 * then 10, 20, 40 and at most 60 minutes. Each try makes X call us and uses one of 15 calls in 15 minutes.
 */
export function revalidateDelayMs(failures: number): number {
  return failures <= 1 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 2));
}
