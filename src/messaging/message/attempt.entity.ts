import { Entity } from 'typeorm';
import { CountColumn, IdColumn, InstantColumn, TextColumn } from '../../database/columns.decorator.js';
import type { MessagesApiName } from '../../x-api/x-generations.js';

/**
 * `in-flight` is committed before the first byte goes to X. `not-sent`: X certainly did not take it, another try may follow.
 * `unknown`: X may have taken it; what settles that changes the outcome, and leaves `finishedAt` and X's answer as they were.
 */
export type AttemptOutcome = 'in-flight' | 'sent' | 'not-sent' | 'failed' | 'unknown';

/** X's answer to the send · its echo in an event · a look at its history · somebody who knows. */
export type SettledBy = 'answer' | 'echo' | 'look-up' | 'resolution';

/** One try to hand a message to X. */
@Entity('attempts')
export class AttemptEntity {
  @IdColumn()
  id: string;

  @TextColumn({ name: 'message_id' })
  messageId: string;

  /** When the dispatcher took the message for it. */
  @InstantColumn({ name: 'claimed_at', nullable: true })
  claimedAt: number | null;

  @InstantColumn({ name: 'started_at' })
  startedAt: number;

  /** The API that it was handed over by; null of old ones. */
  @TextColumn({ nullable: true })
  api: MessagesApiName | null;

  @InstantColumn({ name: 'finished_at', nullable: true })
  finishedAt: number | null;

  @TextColumn()
  outcome: AttemptOutcome;

  @CountColumn({ name: 'x_status', nullable: true })
  xStatus: number | null;

  @CountColumn({ name: 'x_code', nullable: true })
  xCode: number | null;

  @TextColumn({ nullable: true })
  detail: string | null;

  /** When it was known for certain what became of it, and by what. */
  @InstantColumn({ name: 'settled_at', nullable: true })
  settledAt: number | null;

  @TextColumn({ name: 'settled_by', nullable: true })
  settledBy: SettledBy | null;
}
