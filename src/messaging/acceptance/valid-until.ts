import { type Instant, toTimestamp } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';

/** @throws Problem `request.invalid` for a moment that is over */
export function readValidUntil({ validUntil }: { validUntil?: string | undefined }, now: Instant): Instant | null {
  if (validUntil !== undefined && Date.parse(validUntil) <= now) {
    throw new Problem('request.invalid', '/validUntil: is in the past.', {
      errors: [{ pointer: '/validUntil', code: 'in-the-past', detail: `Must be later than now, ${toTimestamp(now)}.` }],
    });
  }
  return validUntil === undefined ? null : Date.parse(validUntil);
}
