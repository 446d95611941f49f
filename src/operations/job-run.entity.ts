import { Entity, PrimaryColumn } from 'typeorm';
import { IdColumn, InstantColumn, TextColumn } from '../database/columns.decorator.js';

/** One run of a scheduled job. The primary key lets one instance run a tick, however many see it. */
@Entity('job_runs')
export class JobRunEntity {
  @IdColumn()
  job: string;

  /** The tick: a multiple of the cadence, the same on every instance. */
  @PrimaryColumn({ name: 'scheduled_at', type: 'bigint', transformer: { to: (value: number) => value, from: Number } })
  scheduledAt: number;

  @InstantColumn({ name: 'started_at' })
  startedAt: number;

  @InstantColumn({ name: 'finished_at', nullable: true })
  finishedAt: number | null;

  @TextColumn()
  outcome: 'running' | 'done' | 'failed';

  /** What the run counted, or why it failed. */
  @TextColumn({ nullable: true })
  detail: string | null;
}
