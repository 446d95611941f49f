import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { SECOND_MS } from '../../kernel/duration.js';
import { Problem } from '../../kernel/problem.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { findRow } from '../../database/rows.service.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { AttemptEntity } from '../message/attempt.entity.js';
import { MessageEntity } from '../message/message.entity.js';
import { WAITING_STATUSES } from '../message/message-status.js';
import { MessageStepEntity } from '../message/message-step.entity.js';
import { ErasedMedia } from '../media/erased-media.service.js';
import { Erasures } from './erasures.service.js';

/** What was erased, for what other rooms keep of it. */
export interface ErasedConversation {
  conversationId: string | null;
  messageIds: string[];
}

/** Most rows that one statement names. */
const CHUNK = 500;

/** Erases messages for good, with all that is kept of each. Called in a unit of work. */
@Injectable()
export class ErasedMessages {
  constructor(
    private readonly erasures: Erasures,
    private readonly places: LimitPlaces,
    private readonly media: ErasedMedia,
  ) {}

  /**
   * Everything between a channel and a participant. What waits to be sent is not sent. @throws Problem `participant.message-under-way`
   * while one is on its way to X: what comes of it would have no place.
   */
  async eraseParticipant(manager: EntityManager, channelId: string, participantId: string): Promise<ErasedConversation> {
    const conversation = await findRow(manager, ConversationEntity, { channelId, participantId }, true);
    await this.erasures.note(manager, channelId, participantId);
    if (conversation === null) {
      return { conversationId: null, messageIds: [] };
    }
    const messages = await manager.find(MessageEntity, { select: { id: true, status: true }, where: { conversationId: conversation.id } });
    if (messages.some(({ status }) => status === 'claimed' || status === 'sending')) {
      throw new Problem('participant.message-under-way', 'A message to the participant is on its way to X.', { remedy: 'Try again in a moment.', retryAfterMs: 5 * SECOND_MS });
    }
    for (const { id } of messages.filter(({ status }) => WAITING_STATUSES.includes(status))) {
      await this.places.giveBack(manager, id);
    }
    const messageIds = messages.map(({ id }) => id);
    await this.delete(manager, messageIds, true);
    await manager.delete(ConversationEntity, { id: conversation.id });
    return { conversationId: conversation.id, messageIds };
  }

  /** `isErasure`: of a person, and not because they were kept long enough. */
  async delete(manager: EntityManager, messageIds: readonly string[], isErasure = false): Promise<void> {
    for (let from = 0; from < messageIds.length; from += CHUNK) {
      const ids = messageIds.slice(from, from + CHUNK);
      await this.media.delete(manager, ids, isErasure);
      await manager.delete(AttemptEntity, { messageId: In(ids) });
      await manager.delete(MessageStepEntity, { messageId: In(ids) });
      await manager.delete(MessageEntity, { id: In(ids) });
    }
  }
}
