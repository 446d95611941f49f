import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { RowWrites } from '../../database/rows.service.js';
import type { XDirectMessage } from '../../x-api/direct-message.js';
import type { ConversationEntity } from '../conversation/conversation.entity.js';
import { AttemptEntity, type SettledBy } from '../message/attempt.entity.js';
import { MessageEntity } from '../message/message.entity.js';
import { Settlement } from '../outbox/settlement.service.js';
import { matchEcho } from './echo-match.js';

/**
 * X tells us of our own sends too, sometimes before it answers the send. Such an echo settles a message that is being sent or whose
 * fate is unknown, and one that a look at X's history or a caller has settled without X's word.
 */
@Injectable()
export class EchoMatching {
  constructor(private readonly settlement: Settlement) {}

  /** True when it was that of a message of ours, which is then `sent`. */
  async settle(manager: EntityManager, channel: Channel, conversation: ConversationEntity, echo: XDirectMessage, by: SettledBy): Promise<boolean> {
    const unsettled = await this.listUnsettled(manager, conversation.id);
    const attempts = unsettled.length === 0 ? [] : await manager.findBy(AttemptEntity, { messageId: In(unsettled.map(({ id }) => id)) });
    const sends = unsettled.flatMap((message) => {
      const [last] = attempts.filter(({ messageId }) => messageId === message.id).sort((a, b) => b.startedAt - a.startedAt);
      return last === undefined || isSettledByX(last) ? [] : [{ messageId: message.id, text: message.content.text, startedAt: last.startedAt }];
    });
    const match = matchEcho(echo, channel.xAppId, sends);
    const message = unsettled.find(({ id }) => id === match);
    if (message === undefined) {
      return false;
    }
    const sent = { xMessageId: echo.xMessageId, createdAt: echo.createdAt, limits: [] };
    const writes = new RowWrites(manager);
    await this.settlement.markSent(writes, [{ channel, conversation, message, sent }], [], by);
    await writes.flush();
    return true;
  }

  /** The conditions are written out as the indices have them. */
  private listUnsettled(manager: EntityManager, conversationId: string): Promise<MessageEntity[]> {
    const ofConversation = (): ReturnType<typeof manager.createQueryBuilder<MessageEntity>> =>
      manager.createQueryBuilder(MessageEntity, 'message').where('message.conversationId = :conversationId', { conversationId });
    return Promise.all([
      ofConversation().andWhere("message.status IN ('claimed', 'sending') AND message.status = 'sending'").getMany(),
      ofConversation().andWhere('message.unknownAt IS NOT NULL AND message.xMessageId IS NULL').getMany(),
    ]).then((lists) => [...new Map(lists.flat().map((message) => [message.id, message])).values()]);
  }
}

/** X has answered the send itself: a refusal stands, and one that was sent has X's id. */
function isSettledByX({ outcome, settledBy }: AttemptEntity): boolean {
  return outcome === 'not-sent' || settledBy === 'answer';
}
