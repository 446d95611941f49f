import type { BeyondAllotment } from '../config/settings.js';
import { unreachable } from '../kernel/problem.js';
import type { Instant } from '../kernel/clock.js';
import { isOpen, type ReplyWindow, type ReplyWindowRule, takeReply } from './reply-window.js';

/** Why a send is beyond: nobody wrote within the window's length, or the free replies are used. */
export type BeyondReason = 'window-closed' | 'allotment-used';

export type SendDecision =
  | { kind: 'send'; charge: 'reply'; window: ReplyWindow }
  | { kind: 'send'; charge: 'rate-limit'; window: ReplyWindow | null }
  | { kind: 'hold'; reason: BeyondReason; window: ReplyWindow | null }
  | { kind: 'refuse'; reason: BeyondReason; window: ReplyWindow | null };

/**
 * May this message be sent at `now`, and at what charge? `window` in the answer already counts it.
 */
export function decideSend(
  window: ReplyWindow | null,
  rule: ReplyWindowRule,
  beyondAllotment: BeyondAllotment,
  now: Instant,
): SendDecision {
  const taken = takeReply(window, rule, now);
  if (taken.charge === 'reply' && taken.window !== null) {
    return { kind: 'send', charge: 'reply', window: taken.window };
  }
  const reason: BeyondReason = isOpen(window, rule, now) ? 'allotment-used' : 'window-closed';
  switch (beyondAllotment) {
    case 'count':
      return { kind: 'send', charge: 'rate-limit', window };
    case 'hold':
      return { kind: 'hold', reason, window };
    case 'refuse':
      return { kind: 'refuse', reason, window };
    default:
      return unreachable(beyondAllotment);
  }
}
