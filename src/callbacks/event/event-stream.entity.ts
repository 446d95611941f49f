import { Entity } from 'typeorm';
import { IdColumn, InstantColumn } from '../../database/columns.decorator.js';

/** The one row under whose lock events are published. */
@Entity('event_stream')
export class EventStreamEntity {
  @IdColumn()
  id: string;

  @InstantColumn({ name: 'last_position' })
  lastPosition: number;
}
