import { Injectable } from '@nestjs/common';
import { type EntityManager, In, IsNull } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { MINUTE_MS } from '../../kernel/duration.js';
import type { XDirectMessage } from '../../x-api/direct-message-v1.js';
import { AttemptEntity } from '../message/attempt.entity.js';
import type { ConversationEntity } from '../conversation/conversation.entity.js';
import { MessageEntity } from '../message/message.entity.js';
import { normaliseForEcho } from '../message/message-content.js';
import { UNSETTLED_STATUSES } from '../message/message-status.js';
import { Settlement } from '../outbox/settlement.service.js';

/** X's clock and ours may differ by this much. */
const CLOCK_SKEW_MS = 2 * MINUTE_MS;
/** An echo later than this belongs to something else. */
const ECHO_WITHIN_MS = 10 * MINUTE_MS;

/**
 * X tells us of our own sends too, sometimes before it answers the send. Such an echo settles a message that is being sent or
 * whose fate is unknown: the same account and participant, the same text, our app, the right time. Where two could be meant, none is.
 */
@Injectable()
export class EchoMatching {
  constructor(private readonly settlement: Settlement) {}

  /** True when the echo was that of a message of ours, which is then `sent`. */
  async settle(manager: EntityManager, channel: Channel, conversation: ConversationEntity, echo: XDirectMessage): Promise<boolean> {
    if (channel.xAppId !== null && echo.sourceAppId !== null && echo.sourceAppId !== channel.xAppId) {
      return false;
    }
    const unsettled = await manager.findBy(MessageEntity, {
      conversationId: conversation.id,
      direction: 'outbound',
      xMessageId: IsNull(),
      status: In([...UNSETTLED_STATUSES]),
      textFingerprint: normaliseForEcho(echo.text),
    });
    const attempts = await manager.findBy(AttemptEntity, {
      messageId: In(unsettled.map((message) => message.id)),
      outcome: In(['in-flight', 'unknown']),
    });
    const fitting = attempts.filter(
      (attempt) =>
        echo.createdAt >= attempt.startedAt - CLOCK_SKEW_MS && echo.createdAt <= attempt.startedAt + ECHO_WITHIN_MS,
    );
    const [attempt] = fitting;
    if (attempt === undefined || fitting.length > 1) {
      return false;
    }
    const message = unsettled.find(({ id }) => id === attempt.messageId);
    if (message === undefined) {
      return false;
    }
    await manager.update(AttemptEntity, { id: attempt.id }, { outcome: 'sent', finishedAt: echo.createdAt, detail: 'Settled by X’s echo.' });
    await this.settlement.markSent(manager, channel, conversation, message, { xMessageId: echo.xMessageId, createdAt: echo.createdAt, limits: [] });
    return true;
  }
}
