import { Injectable } from '@nestjs/common';
import { TeamEvents } from '../../callbacks/event/team-events.service.js';
import type { Channel } from '../../channels/channel.js';
import { findRow } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { MessageAnswers } from '../message-answers.service.js';
import { ConversationEntity } from './conversation.entity.js';

/** X's own sign of it lasts a few seconds: what is told later says nothing any more. */
const FRESH_MS = 30 * SECOND_MS;

/** Tells the team that a participant is typing. Of somebody who never wrote there is no conversation to tell of. */
@Injectable()
export class Typing {
  constructor(
    private readonly teamEvents: TeamEvents,
    private readonly answers: MessageAnswers,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async tell(channel: Channel, { participantId, typedAt }: { participantId: string; typedAt: Instant }): Promise<void> {
    if (participantId === channel.accountId || this.clock.now() - typedAt > FRESH_MS) {
      return;
    }
    await this.unitOfWork.run(async (manager) => {
      const conversation = await findRow(manager, ConversationEntity, { channelId: channel.id, participantId }, true);
      if (conversation !== null) {
        const { id: conversationId, team, channelId } = conversation;
        await this.teamEvents.tell([{ team, channelId, conversationId, type: 'participant.typing', data: this.answers.ofConversation(conversation), occurredAt: Math.min(typedAt, this.clock.now()) }]);
      }
    });
  }
}
