import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, JsonColumn, TextColumn } from '../../database/columns.decorator.js';
import type { StepNote } from './message-step.js';

/** Something that happened to a message and that neither it nor its attempts keep. */
@Entity('message_steps')
export class MessageStepEntity {
  @IdColumn()
  id: string;

  @TextColumn({ name: 'message_id' })
  messageId: string;

  @InstantColumn()
  at: number;

  @TextColumn()
  kind: StepNote['kind'];

  @JsonColumn()
  detail: Omit<StepNote, 'kind'>;
}
