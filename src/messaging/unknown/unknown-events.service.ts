import { Injectable } from '@nestjs/common';
import { TeamEvents } from '../../callbacks/team-events.service.js';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { Clock } from '../../kernel/clock.js';
import type { ConversationEntity } from '../conversation/conversation.entity.js';
import { MessageAnswers } from '../message-answers.service.js';
import type { MessageEntity } from '../message/message.entity.js';

/** Tells the team that only somebody who looks can say what became of a message. */
@Injectable()
export class UnknownEvents {
  constructor(
    private readonly teamEvents: TeamEvents,
    private readonly channels: ChannelDirectory,
    private readonly answers: MessageAnswers,
    private readonly clock: Clock,
  ) {}

  async tell(conversation: ConversationEntity, message: MessageEntity): Promise<void> {
    const { team, channelId } = message;
    const channel = await this.channels.findById(channelId);
    const data = this.answers.ofMessage(message, conversation, channel ?? undefined);
    await this.teamEvents.tell([{ team, channelId, type: 'message.unknown', data, occurredAt: this.clock.now() }]);
  }
}
