import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RowWrites } from '../../database/rows.service.js';
import { dayOf } from '../../usage/usage.js';
import { UsageLog } from '../../usage/usage-log.service.js';
import { AttemptEntity } from '../message/attempt.entity.js';
import type { MessageEntity } from '../message/message.entity.js';

type Try = Pick<AttemptEntity, 'startedAt' | 'api'>;

/**
 * Messages as X may charge for them: each counts with its attempt, on the day on which that began, and counts no more when X certainly did
 * not take it. So what is on its way, and what nobody knows of, counts too: a cap holds whatever X answers later.
 */
@Injectable()
export class SentUsage {
  constructor(private readonly log: UsageLog) {}

  /** With the attempts of messages that leave. */
  begin(writes: RowWrites, begun: readonly { channelId: string; attempt: Try }[]): void {
    this.log.add(writes, begun.flatMap(({ channelId, attempt }) => usageOf(channelId, attempt, 1)));
  }

  /** X certainly did not take it with this attempt. */
  async takeBack(manager: EntityManager, message: Pick<MessageEntity, 'channelId'>, attempt: Try): Promise<void> {
    await this.add(manager, message.channelId, attempt, -1);
  }

  /** The same of its last attempt. */
  async takeBackLast(manager: EntityManager, message: Pick<MessageEntity, 'id' | 'channelId'>): Promise<void> {
    await this.add(manager, message.channelId, await this.lastOf(manager, message.id), -1);
  }

  /** X has taken it after all, though it was said that it had not. */
  async countLastAgain(manager: EntityManager, message: Pick<MessageEntity, 'id' | 'channelId'>): Promise<void> {
    await this.add(manager, message.channelId, await this.lastOf(manager, message.id), 1);
  }

  private async add(manager: EntityManager, channelId: string, attempt: Try | null, count: 1 | -1): Promise<void> {
    const writes = new RowWrites(manager);
    this.log.add(writes, attempt === null ? [] : usageOf(channelId, attempt, count));
    await writes.flush();
  }

  private lastOf(manager: EntityManager, messageId: string): Promise<AttemptEntity | null> {
    return manager.findOne(AttemptEntity, { where: { messageId }, order: { startedAt: 'DESC', id: 'DESC' } });
  }
}

/** Of attempts that were made before it was counted there is nothing. */
function usageOf(channelId: string, { startedAt, api }: Try, count: number) {
  return api === null ? [] : [{ channelId, day: dayOf(startedAt), api, kind: 'message-sent' as const, count }];
}
