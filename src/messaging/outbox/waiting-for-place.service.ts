import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { Instant } from '../../kernel/clock.js';
import { MessageEntity } from '../message/message.entity.js';

/** The channel's messages that wait for a place in X's limits. The condition is written out as its index has it. */
export function waitingForPlace(manager: EntityManager, channelId: string, now: Instant): SelectQueryBuilder<MessageEntity> {
  return manager
    .createQueryBuilder(MessageEntity, 'message')
    .where("message.status = 'held' AND message.heldBecause = 'rate-limit' AND message.nextAttemptAt IS NULL")
    .andWhere('message.channelId = :channelId', { channelId })
    .andWhere('(message.validUntil IS NULL OR message.validUntil > :now)', { now });
}
