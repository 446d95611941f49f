/**
 * The life of a message. Outbound:
 *
 * queued ──claim──▶ claimed ──before the first byte──▶ sending ──X's answer──▶ sent ──read──▶ read
 *   ▲ ▲                │ crash                            │  └─ definite refusal ▶ failed
 *   │ └────────────────┘                                  └─ crash, no clear answer ▶ unknown ──X's echo──▶ sent
 *   ├─ certainly not sent: back from sending
 * held (waits for an inbound message, a limit's reset or an operator): from queued, claimed and sending; back to queued or claimed
 * expired, cancelled: from what waits; expired and failed also from a claim that is not sent after all
 *
 * Inbound: received. `claimed` is an inner step: callers see it as `queued`.
 */
export const MESSAGE_STATUSES = [
  'queued',
  'claimed',
  'sending',
  'held',
  'sent',
  'read',
  'failed',
  'unknown',
  'expired',
  'cancelled',
  'received',
] as const;

export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** What callers see. */
export type PublicMessageStatus = Exclude<MessageStatus, 'claimed'>;

export const PUBLIC_MESSAGE_STATUSES = MESSAGE_STATUSES.filter((status): status is PublicMessageStatus => status !== 'claimed');

export function toPublicStatus(status: MessageStatus): PublicMessageStatus {
  return status === 'claimed' ? 'queued' : status;
}

/** The stored statuses that callers mean by a public one. */
export function storedStatusesOf(status: PublicMessageStatus): MessageStatus[] {
  return status === 'queued' ? ['queued', 'claimed'] : [status];
}

/** From which status which others are reached. Whatever changes a message's status asks `become`. */
const TRANSITIONS: Readonly<Record<MessageStatus, readonly MessageStatus[]>> = {
  queued: ['claimed', 'held', 'expired', 'cancelled'],
  claimed: ['queued', 'sending', 'held', 'failed', 'expired'],
  sending: ['queued', 'held', 'sent', 'failed', 'unknown'],
  held: ['queued', 'claimed', 'expired', 'cancelled'],
  unknown: ['sent', 'failed'],
  sent: ['read'],
  read: [],
  failed: [],
  expired: [],
  cancelled: [],
  received: [],
};

export function canBecome(from: MessageStatus, to: MessageStatus): boolean {
  return TRANSITIONS[from].includes(to);
}

/** The new status of a message. @throws when there is no such step: what wants it has a defect, and its unit of work is rolled back */
export function become(from: MessageStatus, to: MessageStatus): MessageStatus {
  if (!canBecome(from, to)) {
    throw new Error(`A message cannot go from ${from} to ${to}`);
  }
  return to;
}

/** Accepted, and X has not been given it: these may still be cancelled and may still expire. */
export const WAITING_STATUSES: readonly MessageStatus[] = ['queued', 'held'];

/** Handed to X just now, or with no clear answer: X's echo settles these. */
export const UNSETTLED_STATUSES: readonly MessageStatus[] = ['sending', 'unknown'];

/** Why a message is held. The first two end with an inbound message, the others by themselves or by an operator. */
export type HeldBecause = 'window-closed' | 'allotment-used' | 'rate-limit' | 'channel-paused' | 'channel-revoked';
