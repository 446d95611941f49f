import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { Clock } from '../../kernel/clock.js';
import { compareXIds } from '../../kernel/x-id.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { giveBackReply } from '../../rate-policy/reply-window.js';
import type { SentMessage } from '../../x-api/messages-api.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { toWindowColumns, windowOf } from '../conversation/conversations.service.js';
import { MessageEntity, type MessageFailure } from '../message/message.entity.js';
import { become } from '../message/message-status.js';
import { NO_CLAIM } from './outbox.service.js';
import { WindowCharges } from '../window/window-charges.service.js';

/** The ends of a message, each with what it means for the reply window and the limits. Called under the conversation's lock. */
@Injectable()
export class Settlement {
  constructor(
    private readonly charges: WindowCharges,
    private readonly places: LimitPlaces,
    private readonly clock: Clock,
  ) {}

  /** X has taken it. Its charge is now a fact, by X's time of it. */
  async markSent(
    manager: EntityManager,
    channel: Channel,
    conversation: ConversationEntity,
    message: MessageEntity,
    sent: SentMessage,
  ): Promise<void> {
    // The participant may have read it before we know that it is sent.
    const isRead = conversation.readUpTo !== null && compareXIds(sent.xMessageId, conversation.readUpTo) <= 0;
    // A time in the future counts as now.
    const at = Math.min(sent.createdAt, this.clock.now());
    const settled = this.charges.settle(channel, windowOf(conversation), message, at);
    await this.places.settle(manager, channel, message.id, settled.charge, at);
    // The echo may have come first and not have been known as ours: X's id says that it is the same message.
    await manager.delete(MessageEntity, { channelId: message.channelId, xMessageId: sent.xMessageId, source: 'elsewhere' });
    await manager.update(
      MessageEntity,
      { id: message.id },
      {
        ...NO_CLAIM,
        status: isRead ? become(become(message.status, 'sent'), 'read') : become(message.status, 'sent'),
        readAt: isRead ? conversation.readAt : null,
        xMessageId: sent.xMessageId,
        xCreatedAt: sent.createdAt,
        sentAt: sent.createdAt,
        charge: settled.charge,
        chargedWindow: settled.chargedWindow,
      },
    );
    const lastMessageAt = Math.max(conversation.lastMessageAt ?? 0, sent.createdAt);
    await manager.update(
      ConversationEntity,
      { id: conversation.id },
      { ...toWindowColumns(settled.window, conversation), lastMessageAt },
    );
  }

  /** X definitely did not take it, or it is not going there any more: what it used of the window or the limits is given back. */
  async markEnded(
    manager: EntityManager,
    conversation: ConversationEntity,
    message: MessageEntity,
    end: { status: 'failed'; failure: MessageFailure } | { status: 'expired' | 'cancelled' },
  ): Promise<void> {
    const window = giveBackReply(windowOf(conversation), message.chargedWindow);
    const failure = end.status === 'failed' ? end.failure : null;
    await this.places.giveBack(manager, message.id);
    await manager.update(
      MessageEntity,
      { id: message.id },
      { ...NO_CLAIM, status: become(message.status, end.status), failure: failure, charge: null, chargedWindow: null, heldUntil: null, heldBecause: null },
    );
    await manager.update(ConversationEntity, { id: conversation.id }, toWindowColumns(window, conversation));
  }
}
