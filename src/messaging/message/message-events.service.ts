import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type TeamEvent, TeamEvents } from '../../callbacks/event/team-events.service.js';
import type { Channel } from '../../channels/channel.js';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { findRows } from '../../database/rows.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { MessageAnswers } from '../message-answers.service.js';
import { MessageEntity } from './message.entity.js';

export type MessageEventType = 'message.received' | 'message.sent' | 'message.read' | 'message.failed' | 'message.unknown' | 'message.held' | 'message.expired';

/** Tells the teams what becomes of messages, in the unit of work in which it does, under the conversation's lock. */
@Injectable()
export class MessageEvents {
  constructor(
    private readonly teamEvents: TeamEvents,
    private readonly channels: ChannelDirectory,
    private readonly answers: MessageAnswers,
    private readonly clock: Clock,
  ) {}

  /** What there is to tell of one message, which with its conversation is as it stands now. */
  of(type: MessageEventType, message: MessageEntity, conversation: ConversationEntity, channel: Channel | undefined, occurredAt: Instant): TeamEvent {
    const { team, channelId, conversationId, requestId } = message;
    return { team, channelId, conversationId, type, data: this.answers.ofMessage(message, conversation, channel), occurredAt, requestId: requestId ?? null };
  }

  /** The same of messages as they stand in the database by now. */
  async tell(manager: EntityManager, type: MessageEventType, messageIds: readonly string[], occurredAt: Instant = this.clock.now()): Promise<void> {
    const messages = await findRows(manager, MessageEntity, messageIds.map((id) => ({ id })));
    const conversations = await findRows(manager, ConversationEntity, messages.map(({ conversationId: id }) => ({ id })));
    const channels = await this.channels.findByIds(messages.map(({ channelId }) => channelId), manager);
    const events: TeamEvent[] = [];
    for (const message of messages) {
      const conversation = conversations.find(({ id }) => id === message.conversationId);
      if (conversation !== undefined) {
        events.push(this.of(type, message, conversation, channels.find(({ id }) => id === message.channelId), occurredAt));
      }
    }
    await this.teamEvents.tell(events);
  }
}
