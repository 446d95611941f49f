import type { Instant } from '../../kernel/clock.js';
import { DAY_MS, MINUTE_MS } from '../../kernel/duration.js';

/** X's last retry of a delivery comes 272 s after its first try (3 + 27 + 242 s, the paid tiers), with the signature of then. */
const IN_FLIGHT_MS = 10 * MINUTE_MS;
/** Where X is never seen signing with the new secret, since nothing comes. */
const LONGEST_MS = 7 * DAY_MS;

/** Whether a replaced consumer secret has had its time. `seenAt`: when X was first seen to sign with the one that replaced it. */
export function isRetired(replacedAt: Instant, seenAt: Instant | null, now: Instant): boolean {
  return now - replacedAt >= LONGEST_MS || (seenAt !== null && now - seenAt >= IN_FLIGHT_MS);
}
