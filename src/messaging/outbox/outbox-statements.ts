/**
 * The statements of the outbox. Parameters are numbered and first appear in their order, which SQLite and PostgreSQL read alike.
 * A status list is written out as the partial index has it that serves it: SQLite compares them by their text.
 */
const UNDER_WAY = "conversation_id = $1 AND status IN ('claimed', 'sending')";

/** What may be handed to X, or waits for a moment or a place and lets nothing pass it. A message that waits for an inbound one lets all pass. */
const NEXT = `FROM messages AS next WHERE next.conversation_id = $1 AND next.status IN ('queued', 'held', 'claimed', 'sending', 'unknown')
  AND next.status IN ('queued', 'held') AND (next.next_attempt_at IS NOT NULL OR next.held_because = 'rate-limit') ORDER BY next.seq LIMIT 1`;

/** Until when messages of unknown fate keep those behind them back. */
const BLOCKED_UNTIL = `(SELECT max(before.blocks_until) FROM messages AS before WHERE before.conversation_id = $1
  AND before.status IN ('queued', 'held', 'claimed', 'sending', 'unknown') AND before.status = 'unknown' AND before.seq < next.seq)`;

/**
 * Sets the head of a conversation's queue anew, after anything about its messages has changed; $1 is the conversation, and from $2 on
 * come the values of other columns that change with it. While one is under way nothing is due; when none is, its lease has ended.
 */
export function turnStatement(columns: readonly string[]): string {
  return `${TURN}${columns.map((column, n) => `, ${column} = $${n + 2}`).join('')} WHERE id = $1`;
}

const TURN = `UPDATE conversations SET
  head_id = COALESCE((SELECT id FROM messages WHERE ${UNDER_WAY}), (SELECT next.id ${NEXT})),
  head_at = CASE WHEN EXISTS (SELECT 1 FROM messages WHERE ${UNDER_WAY}) THEN NULL ELSE
    (SELECT CASE WHEN next.next_attempt_at < ${BLOCKED_UNTIL} THEN ${BLOCKED_UNTIL} ELSE next.next_attempt_at END ${NEXT}) END,
  lease_owner = CASE WHEN EXISTS (SELECT 1 FROM messages WHERE ${UNDER_WAY}) THEN lease_owner END,
  lease_until = CASE WHEN EXISTS (SELECT 1 FROM messages WHERE ${UNDER_WAY}) THEN lease_until END`;

/**
 * Leases the conversation whose head has been due longest, of none of so many busy channels; after a stop of X all are due at
 * once, and those who have written go before those who are written to first. The parameters: now, the busy channels, the owner,
 * the end of the lease. On PostgreSQL a conversation that somebody writes to at this moment is left for the next look; on SQLite
 * nobody else writes.
 */
export function claimStatement(engine: 'sqlite' | 'postgres', busyChannels: number): string {
  const busy = Array.from({ length: busyChannels }, (_, n) => `$${n + 2}`).join(', ');
  const [owner, until] = [`$${busyChannels + 2}`, `$${busyChannels + 3}`];
  return `WITH due AS (SELECT id FROM conversations WHERE head_at IS NOT NULL AND head_at <= $1 ${busy === '' ? '' : `AND channel_id NOT IN (${busy})`}
      ORDER BY head_at, window_opened_at IS NULL, head_id LIMIT 1 ${engine === 'postgres' ? 'FOR UPDATE SKIP LOCKED' : ''})
    UPDATE conversations SET lease_owner = ${owner}, lease_until = ${until}, fence = fence + 1, head_at = NULL WHERE id IN (SELECT id FROM due)
    RETURNING id, head_id, channel_id, fence`;
}
