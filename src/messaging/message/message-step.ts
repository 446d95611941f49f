import type { Instant } from '../../kernel/clock.js';
import type { XAnswer } from '../../kernel/problem.js';
import type { Charge } from '../../rate-policy/reply-window.js';
import type { HeldBecause } from './message-status.js';

/**
 * Steps that are noted as they happen. The rest of a message's timeline can be read off the message and its attempts: most messages
 * are accepted, claimed and sent, and cost no note.
 */
export type StepNote =
  | { kind: 'held'; because: HeldBecause; until: Instant | null }
  /** What it waited for came. */
  | { kind: 'released' }
  /** Another charge than before; null: given back. */
  | { kind: 'charged'; charge: Charge | null }
  /** Its dispatcher died before anything left. */
  | { kind: 'claim-lost' }
  /** X’s history was looked at, in vain. */
  | { kind: 'looked-up'; result: LookUpResult }
  /** So much of its upload X has: while it comes in, while X looks at it, and when X is ready to attach it. */
  | { kind: 'media-handed-over'; sentBytes: number; state: 'uploading' | 'processing' | 'ready' }
  /** X did not take its upload for now; it is tried again. */
  | { kind: 'media-put-off'; x: XAnswer | null }
  /** It ended without X having been asked. */
  | { kind: 'settled'; status: 'failed' | 'expired' | 'cancelled' };

/** `absent`: the history is complete and does not have it · `unclear`: more than one could be it, or the history is too long · `unavailable`: X did not answer, or the budget is used. */
export type LookUpResult = 'absent' | 'unclear' | 'unavailable';
