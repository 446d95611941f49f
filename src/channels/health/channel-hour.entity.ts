import { Entity, PrimaryColumn } from 'typeorm';
import { CountColumn, IdColumn } from '../../database/columns.decorator.js';

/** How many events X told of in one hour: by this it is known how long a silence is usual. */
@Entity('channel_hours')
export class ChannelHourEntity {
  @IdColumn({ name: 'channel_id' })
  channelId: string;

  /** The hour's beginning. */
  @PrimaryColumn({ name: 'hour_at', type: 'bigint', transformer: { to: (value: number) => value, from: Number } })
  hourAt: number;

  @CountColumn()
  events: number;
}
