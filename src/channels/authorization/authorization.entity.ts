import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, JsonColumn, TextColumn } from '../../database/columns.decorator.js';
import type { AuthorizationFailure, AuthorizationOutcome } from './authorization.js';

/** One sign-in at X, for one channel. */
@Entity('authorizations')
export class AuthorizationEntity {
  @IdColumn()
  id: string;

  @TextColumn()
  team: string;

  /** SHA-256 of the request token, by which X's answer is known as that to this sign-in. */
  @TextColumn({ name: 'token_hash' })
  tokenHash: string;

  /** The request token, its secret, the app's credentials and what channel is wanted. */
  @TextColumn()
  sealed: string;

  @TextColumn({ name: 'encryption_key_id' })
  encryptionKeyId: string;

  /** Null while nobody has answered. */
  @TextColumn({ nullable: true })
  outcome: AuthorizationOutcome | null;

  /** The channel that is re-authorised, or that it made. */
  @TextColumn({ name: 'channel_id', nullable: true })
  channelId: string | null;

  @JsonColumn({ nullable: true })
  failure: AuthorizationFailure | null;

  @InstantColumn({ name: 'created_at' })
  createdAt: number;

  @InstantColumn({ name: 'expires_at' })
  expiresAt: number;

  /** When X's answer came: it is taken once. */
  @InstantColumn({ name: 'used_at', nullable: true })
  usedAt: number | null;
}
