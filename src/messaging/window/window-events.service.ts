import { Injectable } from '@nestjs/common';
import { TeamEvents } from '../../callbacks/team-events.service.js';
import { RatePolicy } from '../../rate-policy/rate-policy.service.js';
import { expiresAt } from '../../rate-policy/reply-window.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { windowOf } from '../conversation/conversations.service.js';
import { MessageAnswers } from '../message-answers.service.js';

/** Tells the teams that reply windows opened and closed, in the unit of work in which that is noted. */
@Injectable()
export class WindowEvents {
  constructor(
    private readonly teamEvents: TeamEvents,
    private readonly answers: MessageAnswers,
    private readonly ratePolicy: RatePolicy,
  ) {}

  /** `conversations` as they are with the new window. */
  async tellOpened(conversation: ConversationEntity): Promise<void> {
    await this.tell([conversation], 'conversation.window-opened', ({ openedAt }) => openedAt);
  }

  async tellClosed(conversations: readonly ConversationEntity[]): Promise<void> {
    const rule = this.ratePolicy.windowRule('v1.1');
    await this.tell(conversations, 'conversation.window-closed', (window) => expiresAt(window, rule));
  }

  private async tell(
    conversations: readonly ConversationEntity[],
    type: 'conversation.window-opened' | 'conversation.window-closed',
    happenedAt: (window: NonNullable<ReturnType<typeof windowOf>>) => number,
  ): Promise<void> {
    const events = conversations.flatMap((conversation) => {
      const window = windowOf(conversation);
      const { team, channelId } = conversation;
      return window === null ? [] : [{ team, channelId, type, data: this.answers.ofConversation(conversation), occurredAt: happenedAt(window) }];
    });
    await this.teamEvents.tell(events);
  }
}
