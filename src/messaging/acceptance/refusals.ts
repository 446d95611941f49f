import { SECOND_MS } from '../../kernel/duration.js';
import { Problem } from '../../kernel/problem.js';
import type { SendDecision } from '../../rate-policy/send-decision.js';
import type { HeldBecause } from '../message/message-status.js';

/** Why a send is refused, in words; the code of the problem is `message.` and the reason. */
export const REFUSALS: Readonly<Record<Extract<SendDecision, { kind: 'refuse' }>['reason'], string>> = {
  'window-closed': 'The participant wrote nothing within the last 24 hours, and this send is not to count towards the rate limit.',
  'allotment-used': 'The free replies of this reply window are used, and this send is not to count towards the rate limit.',
  'cannot-start-conversation': 'The participant never wrote to the channel, does not follow it and does not receive messages from anyone: X would refuse the message.',
};

/** X has to be asked whether the participant may be written to, which takes as long as X does; until then nothing is stored. */
export class MustAskX extends Error {}

/** What X said when the request came has been overtaken by an event meanwhile. */
export function startPermissionChanged(): Problem {
  return new Problem('x.unavailable', 'Whether the participant may be written to first has just changed at X. Try again.', { retryAfterMs: SECOND_MS });
}

/** What a held message waits for, in words. */
export const HELD_IN_WORDS: Readonly<Record<HeldBecause, string>> = {
  'window-closed': 'The participant wrote nothing within the last 24 hours; the message waits until they write.',
  'allotment-used': 'The free replies of this reply window are used; the message waits until the participant writes.',
  'rate-limit': 'A limit of X is used up; the message waits for a free place.',
  'channel-paused': 'An operator has paused the channel; the message waits until it goes on.',
  'credits-depleted': 'The credits of the app at X are used up; the message waits until X takes sends again.',
  'daily-cap': 'The channel’s cap for the day is reached; the message waits for the next day, by UTC.',
  'channel-revoked': 'X refuses the channel’s account; the message waits until it is connected again.',
};
