import { Entity } from 'typeorm';
import { CountColumn, IdColumn } from '../../database/columns.decorator.js';

/** How many events of a conversation there have been. */
@Entity('event_sequences')
export class EventSequenceEntity {
  @IdColumn({ name: 'conversation_id' })
  conversationId: string;

  @CountColumn()
  last: number;
}
