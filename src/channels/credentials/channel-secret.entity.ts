import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, TextColumn } from '../../database/columns.decorator.js';
import type { XClientCredentials, XCredentials } from '../../x-api/x-credentials.js';

/** What X signed with before a rotation stays: it may do so for a while yet. */
export type PreviousSecretName = 'previousConsumerSecret' | 'previousClientSecret';
export type SecretName = keyof XCredentials | keyof XClientCredentials | PreviousSecretName;

/** One secret of a channel, sealed for exactly this row. */
@Entity('channel_secrets')
export class ChannelSecretEntity {
  @IdColumn({ name: 'channel_id' })
  channelId: string;

  @IdColumn()
  name: SecretName;

  @TextColumn()
  sealed: string;

  @TextColumn({ name: 'encryption_key_id' })
  encryptionKeyId: string;

  @InstantColumn({ name: 'updated_at' })
  updatedAt: number;
}
