import type { Instant } from '../../kernel/clock.js';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../kernel/duration.js';
import type { LookUpResult } from '../message/message-step.js';

/** X's echo comes within seconds as a rule, so the first look is not made at once; X's history may lag, so the last is not made early. */
const FIRST_AFTER_MS = 15 * SECOND_MS;
const LAST_AFTER_MS = 5 * MINUTE_MS;
const LOOK_UPS_AFTER_MS = [FIRST_AFTER_MS, MINUTE_MS, LAST_AFTER_MS];
/** A look that could not be made is tried again after this, and once a minute when the team has been told. */
const TRY_AGAIN_MS = 15 * SECOND_MS;
/** Then the team is told that nobody knows. */
const TELL_AFTER_MS = 6 * MINUTE_MS;
/** And this long a look is still tried while X cannot be asked. */
const GIVE_UP_AFTER_MS = DAY_MS;

export function firstLookUpAt(unknownAt: Instant): Instant {
  return unknownAt + FIRST_AFTER_MS;
}

/**
 * What follows a look at X's history that did not find the message. `absent`: X did not take it. `again`: another look, `isTold` when
 * it is time to tell the team that nobody knows yet. `give-up`: only somebody who knows can settle it.
 */
export type AfterLookUp = { kind: 'again'; at: Instant; isTold: boolean } | { kind: 'absent' } | { kind: 'give-up' };

/**
 * `lookUps` counts the looks that were made, this one too. Only the last look says that X did not take it, and only when the history was whole: X may list a message later than it takes it.
 * By then everything that could still have sent it has ended long since.
 */
export function afterLookUp(result: LookUpResult, lookUps: number, unknownAt: Instant, now: Instant): AfterLookUp {
  const next = LOOK_UPS_AFTER_MS[lookUps];
  if (result === 'unavailable') {
    const isTold = now >= unknownAt + TELL_AFTER_MS;
    return now < unknownAt + GIVE_UP_AFTER_MS ? { kind: 'again', at: now + (isTold ? MINUTE_MS : TRY_AGAIN_MS), isTold } : { kind: 'give-up' };
  }
  if (next !== undefined && now < unknownAt + LAST_AFTER_MS) {
    return { kind: 'again', at: Math.max(unknownAt + next, now), isTold: false };
  }
  return result === 'absent' ? { kind: 'absent' } : { kind: 'give-up' };
}
