import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, JsonColumn, TextColumn } from '../../database/columns.decorator.js';
import type { MessageContent } from '../message/message-content.js';

/** What a channel greets people with, as X has it. */
@Entity('welcome_messages')
export class WelcomeMessageEntity {
  @IdColumn({ name: 'channel_id' })
  channelId: string;

  /** X's id of it. */
  @TextColumn({ name: 'x_welcome_message_id' })
  xWelcomeMessageId: string;

  @JsonColumn()
  content: WelcomeContent;

  @InstantColumn({ name: 'updated_at' })
  updatedAt: number;
}

export type WelcomeContent = Pick<MessageContent, 'text' | 'quickReplies' | 'buttons'>;
