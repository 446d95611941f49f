import { Entity } from 'typeorm';
import { IdColumn } from '../database/columns.decorator.js';

/** The lock under which messages of a channel with a daily cap leave, so that two instances do not both take its last place. */
@Entity('daily_caps')
export class DailyCapEntity {
  @IdColumn({ name: 'channel_id' })
  channelId: string;
}
