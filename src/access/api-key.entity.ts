import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, JsonColumn, TextColumn } from '../database/columns.decorator.js';
import type { Scope } from './scopes.js';

@Entity('api_keys')
export class ApiKeyEntity {
  @IdColumn()
  id: string;

  @TextColumn()
  team: string;

  @TextColumn({ name: 'secret_hash' })
  secretHash: string;

  /** The encryption key that the pepper was derived from. */
  @TextColumn({ name: 'pepper_id' })
  pepperId: string;

  @JsonColumn()
  scopes: Scope[];

  /** Null: all of the team's channels. */
  @JsonColumn({ name: 'channel_ids', nullable: true })
  channelIds: string[] | null;

  /** To the minute. */
  @InstantColumn({ name: 'last_used_at', nullable: true })
  lastUsedAt: number | null;

  @InstantColumn({ name: 'created_at' })
  createdAt: number;

  @InstantColumn({ name: 'expires_at', nullable: true })
  expiresAt: number | null;

  @InstantColumn({ name: 'revoked_at', nullable: true })
  revokedAt: number | null;
}
