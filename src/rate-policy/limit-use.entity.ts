import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, TextColumn } from '../database/columns.decorator.js';

/** `countedAt` of a send that X does not count yet: later than any instant, so that it counts in every window. */
export const NOT_YET = Number.MAX_SAFE_INTEGER;

/** One send that counts towards the account's and the app's limits. */
@Entity('limit_uses')
export class LimitUseEntity {
  @IdColumn({ name: 'message_id' })
  messageId: string;

  @TextColumn({ name: 'account_id' })
  accountId: string;

  @TextColumn({ name: 'app_fingerprint' })
  appFingerprint: string;

  /** X's time of the send. */
  @InstantColumn({ name: 'counted_at' })
  countedAt: number;

  /** When it was handed to X; null while it waits. */
  @InstantColumn({ name: 'began_at', nullable: true })
  beganAt: number | null;
}
