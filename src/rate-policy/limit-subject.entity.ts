import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, JsonColumn, TextColumn } from '../database/columns.decorator.js';
import type { LimitCorrection, LimitLevel } from './limit.js';

/**
 * Whoever X limits, an account or an app, with what X said and what the teams were told, by the limits' names.
 * The app's row is the lock under which places in the limits are taken.
 */
@Entity('limit_subjects')
export class LimitSubjectEntity {
  /** `account:` and its X user id, or `app:` and its fingerprint. */
  @IdColumn()
  id: string;

  @TextColumn({ name: 'app_fingerprint' })
  appFingerprint: string;

  @JsonColumn()
  corrections: Record<string, LimitCorrection>;

  @JsonColumn()
  told: Record<string, LimitLevel>;

  /** Until when X takes no send at all; past, and not null, while nobody has tried since. */
  @InstantColumn({ name: 'stop_until', nullable: true })
  stopUntil: number | null;

  /** The same of sends that count towards a limit. */
  @InstantColumn({ name: 'counted_stop_until', nullable: true })
  countedStopUntil: number | null;

  /** The message that tries whether X takes sends again, after a stop. */
  @TextColumn({ name: 'stop_probe', nullable: true })
  stopProbe: string | null;

  /** Of an account: when those that wait for a place are to be looked at; null while none waits. */
  @InstantColumn({ name: 'release_at', nullable: true })
  releaseAt: number | null;
}
