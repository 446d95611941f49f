/**
 * The statements of the outbox. Parameters are numbered and first appear in their order, which SQLite and PostgreSQL read alike.
 * A status list is written out as the partial index has it that serves it: SQLite compares them by their text.
 */
import { OPEN_STATUSES, toSqlList, WAITING_STATUSES } from '../message/message-status.js';

const OPEN = toSqlList(OPEN_STATUSES);
const WAITING = toSqlList(WAITING_STATUSES);
const UNDER_WAY = "conversation_id = conversations.id AND status IN ('claimed', 'sending')";

/** What may be handed to X, or waits for a moment or a place and lets nothing pass it. A message that waits for an inbound one lets all pass. */
const NEXT = `FROM messages AS next WHERE next.conversation_id = conversations.id AND next.status IN ${OPEN}
  AND next.status IN ${WAITING} AND (next.next_attempt_at IS NOT NULL OR next.held_because = 'rate-limit') ORDER BY next.seq LIMIT 1`;

/** Until when messages of unknown fate keep those behind them back. */
const BLOCKED_UNTIL = `(SELECT max(before.blocks_until) FROM messages AS before WHERE before.conversation_id = conversations.id
  AND before.status IN ${OPEN} AND before.status = 'unknown' AND before.seq < next.seq)`;

/**
 * Sets the head of a conversation's queue anew, after anything about its messages has changed. While one is under way nothing is due;
 * when none is, its lease has ended.
 */
export const TURN = `head_id = COALESCE((SELECT id FROM messages WHERE ${UNDER_WAY}), (SELECT next.id ${NEXT})),
  head_at = CASE WHEN EXISTS (SELECT 1 FROM messages WHERE ${UNDER_WAY}) THEN NULL ELSE
    (SELECT CASE WHEN next.next_attempt_at < ${BLOCKED_UNTIL} THEN ${BLOCKED_UNTIL} ELSE next.next_attempt_at END ${NEXT}) END,
  lease_owner = CASE WHEN EXISTS (SELECT 1 FROM messages WHERE ${UNDER_WAY}) THEN lease_owner END,
  lease_until = CASE WHEN EXISTS (SELECT 1 FROM messages WHERE ${UNDER_WAY}) THEN lease_until END`;

/** Whether anything is due at `$1`. */
export const IS_DUE = 'SELECT 1 FROM conversations WHERE head_at IS NOT NULL AND head_at <= $1 LIMIT 1';

/**
 * The conversations whose heads have been due longest, of none of so many busy channels; after a stop of X all are due at once, and
 * those who have written go before those who are written to first. The parameters: now, the busy channels, how many. On PostgreSQL
 * a conversation that somebody writes to at this moment is left for the next look; on SQLite nobody else writes.
 */
export function dueStatement(engine: 'sqlite' | 'postgres', busyChannels: number): string {
  const busy = Array.from({ length: busyChannels }, (_, n) => `$${n + 2}`).join(', ');
  return `SELECT id, head_id, channel_id, fence, (SELECT status FROM messages WHERE messages.id = head_id) AS status
    FROM conversations WHERE head_at IS NOT NULL AND head_at <= $1 ${busy === '' ? '' : `AND channel_id NOT IN (${busy})`}
    ORDER BY head_at, window_opened_at IS NULL, head_id LIMIT $${busyChannels + 2} ${engine === 'postgres' ? 'FOR UPDATE SKIP LOCKED' : ''}`;
}
