import { Injectable } from '@nestjs/common';
import { In, IsNull, Not } from 'typeorm';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import type { Instant } from '../../kernel/clock.js';
import { compareXIds } from '../../kernel/x-id.js';
import { ConversationEntity } from './conversation.entity.js';
import { MessageEvents } from '../message/message-events.service.js';
import { MessageEntity } from '../message/message.entity.js';

/**
 * A participant's “read up to here”: every message that X gave an id up to it becomes `read`. It is kept with the conversation,
 * for messages that we learn to be sent only later.
 */
@Injectable()
export class ReadReceipts {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly events: MessageEvents,
  ) {}

  async record(channelId: string, read: { participantId: string; lastReadMessageId: string; readAt: Instant }): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const conversation = await manager.findOne(ConversationEntity, {
        where: { channelId, participantId: read.participantId },
        ...lockedForUpdate<ConversationEntity>(manager),
      });
      const isOlder = conversation?.readUpTo && compareXIds(read.lastReadMessageId, conversation.readUpTo) <= 0;
      if (conversation === null || isOlder) {
        return;
      }
      await manager.update(ConversationEntity, { id: conversation.id }, { readUpTo: read.lastReadMessageId, readAt: read.readAt });
      const sent = await manager.find(MessageEntity, {
        select: { id: true, xMessageId: true },
        // What has no time among X's direct messages has no number among them either: encrypted messages.
        where: { conversationId: conversation.id, direction: 'outbound', status: 'sent', xCreatedAt: Not(IsNull()) },
      });
      const upToHere = sent.filter(({ xMessageId }) => xMessageId !== null && compareXIds(xMessageId, read.lastReadMessageId) <= 0);
      if (upToHere.length > 0) {
        await manager.update(MessageEntity, { id: In(upToHere.map(({ id }) => id)) }, { status: 'read', readAt: read.readAt });
        await this.events.tell(manager, 'message.read', upToHere.map(({ id }) => id), read.readAt);
      }
    });
  }
}
