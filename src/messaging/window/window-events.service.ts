import { Injectable } from '@nestjs/common';
import { type TeamEvent, TeamEvents } from '../../callbacks/event/team-events.service.js';
import { Clock } from '../../kernel/clock.js';
import { RatePolicy } from '../../rate-policy/rate-policy.service.js';
import { expiresAt, isOpen, type ReplyWindow } from '../../rate-policy/reply-window.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { toWindowColumns, windowOf } from '../conversation/conversations.service.js';
import { MessageAnswers } from '../message-answers.service.js';

/** Tells the teams that reply windows opened and closed, in the unit of work in which that is noted. */
@Injectable()
export class WindowEvents {
  constructor(
    private readonly teamEvents: TeamEvents,
    private readonly answers: MessageAnswers,
    private readonly ratePolicy: RatePolicy,
    private readonly clock: Clock,
  ) {}

  /** What there is to tell of a conversation as it is with the new window. */
  opened(conversation: ConversationEntity): TeamEvent[] {
    return this.of(conversation, 'conversation.window-opened', ({ openedAt }) => openedAt);
  }

  closed(conversation: ConversationEntity): TeamEvent[] {
    const rule = this.ratePolicy.windowRule('v1.1');
    return this.of(conversation, 'conversation.window-closed', (window) => expiresAt(window, rule));
  }

  /** Of a new window, and of the one before it if that was over and the timetable had not got to it. */
  replaced(conversation: ConversationEntity, window: ReplyWindow): TeamEvent[] {
    const before = windowOf(conversation);
    const isOver = before !== null && !isOpen(before, this.ratePolicy.windowRule('v1.1'), this.clock.now());
    const closed = isOver && conversation.windowClosedAt === null ? this.closed(conversation) : [];
    return [...closed, ...this.opened({ ...conversation, ...toWindowColumns(window, conversation) })];
  }

  async tellClosed(conversations: readonly ConversationEntity[]): Promise<void> {
    await this.teamEvents.tell(conversations.flatMap((conversation) => this.closed(conversation)));
  }

  private of(conversation: ConversationEntity, type: 'conversation.window-opened' | 'conversation.window-closed', happenedAt: (window: ReplyWindow) => number): TeamEvent[] {
    const window = windowOf(conversation);
    const { id: conversationId, team, channelId } = conversation;
    return window === null ? [] : [{ team, channelId, conversationId, type, data: this.answers.ofConversation(conversation), occurredAt: happenedAt(window) }];
  }
}
