import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, JsonColumn } from '../../database/columns.decorator.js';
import type { ChannelCheck } from './channel-check.js';

@Entity('channel_health')
export class ChannelHealthEntity {
  @IdColumn({ name: 'channel_id' })
  channelId: string;

  @JsonColumn()
  checks: ChannelCheck[];

  /** When X last told of something, to within a second. */
  @InstantColumn({ name: 'last_event_at', nullable: true })
  lastEventAt: number | null;

  @InstantColumn({ name: 'last_check_at', nullable: true })
  lastCheckAt: number | null;

  /** When the line was last probed because the channel was silent for unusually long. */
  @InstantColumn({ name: 'probed_at', nullable: true })
  probedAt: number | null;
}
