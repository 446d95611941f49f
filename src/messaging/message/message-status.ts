/**
 * The life of a message, as one table: whatever changes a status asks `become`, `docs/states.md` shows the same rows, and a test
 * holds the page to them. Outbound messages begin as `queued` or `held`, inbound ones are `received`.
 *
 * `claimed`: a dispatcher has it, and not one byte of it has gone to X. `sending`: committed before the first byte, so that from
 * here only X's word, or somebody who knows, tells what became of it. Callers see `claimed` as `queued`.
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

export interface MessageStep {
  from: MessageStatus;
  to: MessageStatus;
  when: string;
}

const step = (from: MessageStatus, to: MessageStatus, when: string): MessageStep => ({ from, to, when });

export const MESSAGE_STEPS: readonly MessageStep[] = [
  step('queued', 'claimed', 'It is its turn, and a dispatcher takes it.'),
  step('queued', 'expired', '`validUntil` has passed.'),
  step('queued', 'failed', 'X refuses the file that it carries, or the file did not get there in all tries.'),
  step('queued', 'cancelled', 'A caller cancels it.'),
  step('held', 'queued', 'What it waited for has come: an inbound message, or a place in the limits.'),
  step('held', 'claimed', 'The moment until which it was held has come, and a dispatcher takes it.'),
  step('held', 'expired', '`validUntil` has passed.'),
  step('held', 'cancelled', 'A caller cancels it.'),
  step('claimed', 'sending', 'It leaves: this is on disk before the first byte.'),
  step('claimed', 'queued', 'Its dispatcher died before anything left.'),
  step('claimed', 'held', 'It may not leave now: a limit, a pause, X’s refusal of the account, or its window has changed.'),
  step('claimed', 'failed', 'It may not leave at all any more: its policy is to refuse, or its channel is gone.'),
  step('claimed', 'expired', '`validUntil` has passed.'),
  step('claimed', 'cancelled', 'A caller cancels it before it leaves.'),
  step('sending', 'sent', 'X confirms it, by its answer or by its echo.'),
  step('sending', 'failed', 'X refuses it for good.'),
  step('sending', 'queued', 'It certainly did not reach X, and is tried again later.'),
  step('sending', 'held', 'X refuses it for now: it waits for the reset of a limit (429), or until X lets the account act again.'),
  step('sending', 'unknown', 'X may have taken it: no clear answer came, or its dispatcher died.'),
  step('unknown', 'sent', 'X’s echo, X’s history, a late answer or a caller says that X took it.'),
  step('unknown', 'failed', 'X’s history does not have it, or a caller or a late answer says that X did not take it.'),
  step('sent', 'read', 'The participant has read it.'),
  step('failed', 'sent', 'X tells of it after all, where a look at its history or a caller had said that it did not take it.'),
];

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

export function canBecome(from: MessageStatus, to: MessageStatus): boolean {
  return MESSAGE_STEPS.some((known) => known.from === from && known.to === to);
}

/** The new status of a message. @throws when there is no such step: what wants it has a defect, and its unit of work is rolled back */
export function become(from: MessageStatus, to: MessageStatus): MessageStatus {
  if (!canBecome(from, to)) {
    throw new Error(`A message cannot go from ${from} to ${to}`);
  }
  return to;
}

/** Accepted, and X has not been given it: these may still expire. */
export const WAITING_STATUSES: readonly MessageStatus[] = ['queued', 'held'];

/** X has not been given them: these may be cancelled. */
export const NOT_YET_SENT_STATUSES: readonly MessageStatus[] = ['queued', 'held', 'claimed'];

/** Accepted and not at an end: what the index `messages_open` holds. */
export const OPEN_STATUSES: readonly MessageStatus[] = ['queued', 'held', 'claimed', 'sending', 'unknown'];

/** A list of statuses as SQL has it, written out: only so does SQLite see that a partial index serves it. */
export function toSqlList(statuses: readonly MessageStatus[]): string {
  return `(${statuses.map((status) => `'${status}'`).join(', ')})`;
}

/** X has them. */
export const SENT_STATUSES: readonly MessageStatus[] = ['sent', 'read'];

/** Why a message is held. The first two end with an inbound message, the others by themselves or by an operator. */
export type HeldBecause = 'window-closed' | 'allotment-used' | 'rate-limit' | 'channel-paused' | 'channel-revoked';
