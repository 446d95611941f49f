import { Entity } from 'typeorm';
import { CountColumn, IdColumn, InstantColumn, TextColumn } from '../../database/columns.decorator.js';

/** `in-flight` is committed before the first byte goes to X. `not-sent`: X certainly did not take it, another try may follow. */
export type AttemptOutcome = 'in-flight' | 'sent' | 'not-sent' | 'failed' | 'unknown';

/** One try to hand a message to X. */
@Entity('attempts')
export class AttemptEntity {
  @IdColumn()
  id: string;

  @TextColumn({ name: 'message_id' })
  messageId: string;

  @InstantColumn({ name: 'started_at' })
  startedAt: number;

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
}
