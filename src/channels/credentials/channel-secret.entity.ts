import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, TextColumn } from '../../database/columns.decorator.js';
import type { XCredentials } from '../../x-api/x-credentials.js';

/** The consumer secret of before a rotation stays: X may sign with it for a while yet. */
export type SecretName = keyof XCredentials | 'previousConsumerSecret';

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
