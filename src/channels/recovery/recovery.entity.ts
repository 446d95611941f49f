import { Entity } from 'typeorm';
import { CountColumn, IdColumn, InstantColumn, TextColumn } from '../../database/columns.decorator.js';
import type { HistoryPass, Recovery } from './recovery.js';

@Entity('recoveries')
export class RecoveryEntity implements Recovery, HistoryPass {
  @IdColumn({ name: 'channel_id' })
  channelId: string;

  /** When X's history is read next. */
  @InstantColumn({ name: 'due_at' })
  dueAt: number;

  /** When the webhook was last known to have missed something; null: a pass that began later has read it. */
  @InstantColumn({ name: 'gap_at', nullable: true })
  gapAt: number | null;

  /** Somebody reads it, until then at most; its value also tells whose turn it is. */
  @InstantColumn({ name: 'taken_until', nullable: true })
  takenUntil: number | null;

  @InstantColumn({ name: 'complete_until' })
  completeUntil: number;

  @InstantColumn({ name: 'pass_since', nullable: true })
  passSince: number | null;

  @InstantColumn({ name: 'pass_until', nullable: true })
  passUntil: number | null;

  @TextColumn({ nullable: true })
  cursor: string | null;

  /** When messages were last found that the webhook had not told of, and how many were found in all. */
  @InstantColumn({ name: 'recovered_at', nullable: true })
  recoveredAt: number | null;

  @CountColumn()
  recovered: number;
}
