import { NO_SUCH_USER_CODES, XFailure } from '../../x-api/x-failure.js';

/**
 * What a try to send came to.
 * `retry`: X certainly did not take the message and may take it later · `failed`: X certainly will not take it ·
 * `channel-refused`: X lets the account act no more, so that neither this message nor any other is worth a try until it does ·
 * `unknown`: X may have taken it. X has no idempotency key, so an unknown message is never sent again.
 */
export type SendFailure =
  | { kind: 'retry' }
  | { kind: 'rate-limited' }
  | { kind: 'failed'; code: string; isChannelAtFault: boolean }
  | { kind: 'channel-refused' }
  | { kind: 'unknown' };

/** "There was an error sending your message", "internal error", "status is a duplicate": the message may have gone out all the same. */
const AMBIGUOUS_CODES = [131, 151, 187];
/** The same in an answer that has words and no code. */
const AMBIGUOUS_WORDS = /already said that|is a duplicate/i;
const RATE_LIMITED = 88;
/** Something between X and us got tired of one of the two. */
const GAVE_UP_WAITING = 408;

/** The account is suspended (64) or locked (326), or has withdrawn its access (89): the message itself is as good as before. */
const CHANNEL_REFUSED_CODES = [64, 89, 326];

const FAILURE_CODES: readonly { xCodes: readonly number[]; code: string; isChannelAtFault: boolean }[] = [
  { xCodes: [150, 349, 63, 476], code: 'message.participant-unreachable', isChannelAtFault: false },
  { xCodes: NO_SUCH_USER_CODES, code: 'message.participant-not-found', isChannelAtFault: false },
  { xCodes: [354], code: 'message.too-long', isChannelAtFault: false },
  { xCodes: [226], code: 'message.looks-automated', isChannelAtFault: false },
  { xCodes: [93, 261], code: 'channel.direct-messages-not-permitted', isChannelAtFault: true },
  { xCodes: [32, 99, 215, 348, 415, 416, 417], code: 'channel.credentials-rejected', isChannelAtFault: true },
  { xCodes: [135], code: 'channel.clock-wrong', isChannelAtFault: true },
  { xCodes: [87, 220, 251, 453], code: 'channel.access-level-insufficient', isChannelAtFault: true },
];

/** X's newer answers have no code: what they say, in full. */
const FAILURE_WORDS: readonly { words: string; code: string; isChannelAtFault: boolean }[] = [
  { words: 'You do not have permission to DM one or more participants.', code: 'message.participant-unreachable', isChannelAtFault: false },
  { words: 'This operation is not permitted.', code: 'channel.direct-messages-not-permitted', isChannelAtFault: true },
  { words: 'Forbidden', code: 'channel.direct-messages-not-permitted', isChannelAtFault: true },
];

/** Decides over the evidence alone: how far the call got, X's status and X's code. */
export function classifySendFailure(failure: XFailure): SendFailure {
  if (failure.kind === 'not-sent') {
    return { kind: 'retry' };
  }
  const { status, code, detail } = failure.answer;
  if (failure.kind === 'maybe-sent' || status === null || status === GAVE_UP_WAITING) {
    return { kind: 'unknown' };
  }
  // Every 5xx: also "over capacity" comes from machines behind which the message may have been taken.
  if (status >= 500 || status < 400 || failure.hasCode(...AMBIGUOUS_CODES) || (code === null && AMBIGUOUS_WORDS.test(detail))) {
    return { kind: 'unknown' };
  }
  if (status === 429 || failure.hasCode(RATE_LIMITED)) {
    return { kind: 'rate-limited' };
  }
  if (failure.hasCode(...CHANNEL_REFUSED_CODES)) {
    return { kind: 'channel-refused' };
  }
  if (status === 402) {
    return { kind: 'failed', code: 'channel.credits-depleted', isChannelAtFault: true };
  }
  const known = code === null ? FAILURE_WORDS.find(({ words }) => words === detail) : FAILURE_CODES.find(({ xCodes }) => xCodes.includes(code));
  if (known !== undefined) {
    return { kind: 'failed', code: known.code, isChannelAtFault: known.isChannelAtFault };
  }
  return status === 401
    ? { kind: 'failed', code: 'channel.credentials-rejected', isChannelAtFault: true }
    : { kind: 'failed', code: 'message.refused-by-x', isChannelAtFault: false };
}

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** How long to wait before try number `tries + 1`: doubling from 1 s to 60 s, spread by ±20 %. `spread` is 0 to 1. */
export function retryDelayMs(tries: number, spread: number): number {
  const base = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, tries - 1));
  return Math.round(base * (0.8 + 0.4 * spread));
}
