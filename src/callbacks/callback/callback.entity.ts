import { Entity } from 'typeorm';
import { FlagColumn, IdColumn, InstantColumn, JsonColumn, TextColumn } from '../../database/columns.decorator.js';
import type { TeamEventType } from '../event/team-event-type.js';

/** Why a callback is off: by its team, because its receiver said 410, or because it failed for days. */
export type DisabledReason = 'by-team' | 'gone' | 'failing';

/** Where a team wants to be told. */
@Entity('callbacks')
export class CallbackEntity {
  @IdColumn()
  id: string;

  @TextColumn()
  team: string;

  @TextColumn()
  url: string;

  @JsonColumn()
  events: readonly (TeamEventType | '*')[];

  /** Null: of all the team's channels. */
  @JsonColumn({ name: 'channel_ids', nullable: true })
  channelIds: readonly string[] | null;

  @FlagColumn({ name: 'is_enabled' })
  isEnabled: boolean;

  @TextColumn({ name: 'disabled_reason', nullable: true })
  disabledReason: DisabledReason | null;

  /** Since when each attempt has failed; null after one that succeeded. */
  @InstantColumn({ name: 'failing_since', nullable: true })
  failingSince: number | null;

  /** The receiver asked for a pause until then. */
  @InstantColumn({ name: 'paused_until', nullable: true })
  pausedUntil: number | null;

  /** Sealed. */
  @TextColumn()
  secret: string;

  @TextColumn({ name: 'encryption_key_id' })
  encryptionKeyId: string;

  @InstantColumn({ name: 'secret_created_at' })
  secretCreatedAt: number;

  /** The one before it, sealed: signs too until `oldSecretUntil`. */
  @TextColumn({ name: 'old_secret', nullable: true })
  oldSecret: string | null;

  @TextColumn({ name: 'old_encryption_key_id', nullable: true })
  oldEncryptionKeyId: string | null;

  @InstantColumn({ name: 'old_secret_until', nullable: true })
  oldSecretUntil: number | null;

  @InstantColumn({ name: 'created_at' })
  createdAt: number;

  @InstantColumn({ name: 'updated_at' })
  updatedAt: number;
}
