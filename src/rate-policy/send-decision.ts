import type { BeyondAllotment } from '../config/settings.js';
import { unreachable } from '../kernel/problem.js';
import type { Instant } from '../kernel/clock.js';
import { type LimitState, nextPlaceAt } from './limit.js';
import { isOpen, type ReplyWindow, type ReplyWindowRule, takeReply } from './reply-window.js';

/** Why a send is beyond: nobody wrote within the window's length, or the free replies are used. */
export type BeyondReason = 'window-closed' | 'allotment-used';

/** Whether X lets the channel write to somebody who never wrote to it; `ask`: X has not said, or not lately. */
export type StartPermission = 'allowed' | 'not-allowed' | 'ask';

/** All that a send is decided by. */
export interface SendSituation {
  now: Instant;
  /** Null: the participant never wrote to the channel. */
  window: ReplyWindow | null;
  windowRule: ReplyWindowRule;
  beyondAllotment: BeyondAllotment;
  /** Counts only where the participant never wrote. */
  startPermission: StartPermission;
  /** The limits that a send beyond counts towards; none for a message that has its place in them already. */
  limits: readonly LimitState[];
  /** Others wait for the same limits and go before it. */
  isBehindOthers: boolean;
}

export type SendDecision =
  | { kind: 'send'; charge: 'reply'; window: ReplyWindow }
  | { kind: 'send'; charge: 'rate-limit'; window: ReplyWindow | null }
  | { kind: 'hold'; reason: BeyondReason; until: null; window: ReplyWindow | null }
  /** `until`: when there is a place, as far as that is known; now, when those before it are still to take theirs. */
  | { kind: 'hold'; reason: 'rate-limit'; until: Instant | null; window: ReplyWindow | null }
  | { kind: 'refuse'; reason: BeyondReason | 'cannot-start-conversation'; window: ReplyWindow | null }
  /** X has to be asked whether the participant may be written to; then decide again. */
  | { kind: 'ask'; window: null };

/**
 * May this message be sent now, at what charge, and if not, when? A send and a check of one both ask here.
 * `window` in the answer already counts the message.
 */
export function decideSend(situation: SendSituation): SendDecision {
  const { window, windowRule, now } = situation;
  const taken = takeReply(window, windowRule, now);
  if (taken.charge === 'reply' && taken.window !== null) {
    return { kind: 'send', charge: 'reply', window: taken.window };
  }
  const reason: BeyondReason = isOpen(window, windowRule, now) ? 'allotment-used' : 'window-closed';
  switch (situation.beyondAllotment) {
    case 'count':
      return decideCounted(situation);
    case 'hold':
      return { kind: 'hold', reason, until: null, window };
    case 'refuse':
      return { kind: 'refuse', reason, window };
    default:
      return unreachable(situation.beyondAllotment);
  }
}

function decideCounted({ window, startPermission, limits, isBehindOthers, now }: SendSituation): SendDecision {
  if (window === null && startPermission === 'ask') {
    return { kind: 'ask', window };
  }
  if (window === null && startPermission === 'not-allowed') {
    return { kind: 'refuse', reason: 'cannot-start-conversation', window };
  }
  const isPlaceFree = limits.every(({ available }) => available > 0);
  return isPlaceFree && !isBehindOthers
    ? { kind: 'send', charge: 'rate-limit', window }
    : { kind: 'hold', reason: 'rate-limit', until: nextPlaceAt(limits, now), window };
}
