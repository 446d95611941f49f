import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, TextColumn } from '../database/columns.decorator.js';
import type { StartPermission } from './send-decision.js';

/** What X last said of a participant who never wrote to a channel. */
@Entity('start_permissions')
export class StartPermissionEntity {
  @IdColumn({ name: 'channel_id' })
  channelId: string;

  @IdColumn({ name: 'participant_id' })
  participantId: string;

  @TextColumn()
  permission: StartPermission;

  /** When X said so. */
  @InstantColumn({ name: 'said_at' })
  saidAt: number;
}
