import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { ChannelCredits } from '../../channels/credits/channel-credits.service.js';
import { Reader } from '../../database/reader.service.js';
import { RowWrites } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { dayOf } from '../../usage/usage.js';
import { UsageLog } from '../../usage/usage-log.service.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { MessageEntity } from '../message/message.entity.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { Outbox } from './outbox.service.js';

/** Most messages that one unit of work lets go. */
const BATCH = 100;

/**
 * Lets go what its channel holds, in the order in which it was accepted: one message that tries whether X takes sends again, when it is
 * time for that, and all once X does; of a channel with a cap as many as the day has room for. A message that is let go is decided anew when it leaves.
 */
@Injectable()
export class ChannelRelease {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly directory: ChannelDirectory,
    private readonly credits: ChannelCredits,
    private readonly usage: UsageLog,
    private readonly outbox: Outbox,
    private readonly steps: MessageSteps,
    private readonly clock: Clock,
  ) {}

  /** Returns how many messages may go. */
  async run(): Promise<number> {
    let released = 0;
    for (let channelId = await this.nextAfter(''); channelId !== null; channelId = await this.nextAfter(channelId)) {
      const [channel] = await this.directory.findByIds([channelId]);
      // Of a channel that is gone they fail by themselves; a pause or X's refusal of the account holds them all the same.
      if (channel !== undefined && !channel.isPaused && channel.connection !== 'revoked') {
        released += await this.releaseAll(channel);
      }
    }
    return released;
  }

  private async releaseAll(channel: Channel): Promise<number> {
    let released = 0;
    for (;;) {
      const batch = await this.release(channel);
      released += batch;
      // With a cap, what was let go takes its places only when it leaves.
      if (batch < BATCH || channel.policy.dailyCap !== undefined) {
        return released;
      }
    }
  }

  private release({ id: channelId, policy: { dailyCap } }: Channel): Promise<number> {
    return this.unitOfWork.run(async (manager) => {
      // Under the channel's lock, so that two instances do not have two messages try.
      const stop = await this.credits.lockStop(manager, channelId);
      if (stop !== null && this.clock.now() < stop.retryAt) {
        return 0;
      }
      const left = dailyCap === undefined ? BATCH : dailyCap - (await this.usage.countSent(manager, channelId, dayOf(this.clock.now())));
      if (left <= 0) {
        return 0;
      }
      const first = await this.lockFirst(manager, channelId, Math.min(left, stop === null ? BATCH : 1), stop !== null);
      const [one] = first;
      if (stop !== null && one !== undefined) {
        await this.credits.beginProbe(manager, channelId, stop, one.id);
      }
      const writes = new RowWrites(manager);
      writes.update(MessageEntity, first.map(({ id }) => ({ id, nextAttemptAt: this.clock.now() })), ['nextAttemptAt']);
      this.outbox.turn(writes, [...new Set(first.map(({ conversationId }) => conversationId))].map((id) => ({ id })), []);
      await writes.flush();
      for (const { id } of first) {
        await this.steps.note(manager, id, { kind: 'released' });
      }
      return first.length;
    });
  }

  /** Of those that could leave at once only where it is for one to try: it must not wait behind something else. */
  private lockFirst(manager: EntityManager, channelId: string, count: number, isToTry: boolean): Promise<MessageEntity[]> {
    const now = this.clock.now();
    const query = held(manager.createQueryBuilder(MessageEntity, 'message'))
      .andWhere('message.channelId = :channelId', { channelId })
      .andWhere('(message.validUntil IS NULL OR message.validUntil > :now)', { now })
      .innerJoin(ConversationEntity, 'conversation', 'conversation.id = message.conversationId')
      .orderBy('message.id', 'ASC')
      .limit(count);
    if (isToTry) {
      query
        .andWhere('conversation.headId = message.id')
        .andWhere("NOT EXISTS (SELECT 1 FROM messages AS unclear WHERE unclear.conversation_id = message.conversation_id AND unclear.status = 'unknown' AND unclear.blocks_until > :now)", { now });
    }
    if (manager.connection.options.type === 'postgres') {
      // With their conversations, whose turn changes. Whoever has one of them may wait for this channel.
      query.setLock('pessimistic_write').setOnLocked('skip_locked');
    }
    return query.getMany();
  }

  /** The next channel, by its id, that holds messages; null when there is none. */
  private async nextAfter(channelId: string): Promise<string | null> {
    const query = held(this.reader.repository(MessageEntity).createQueryBuilder('message')).andWhere('message.channelId > :channelId', { channelId });
    const row = await query.select('MIN(message.channelId)', 'channelId').getRawOne<{ channelId: string | null }>();
    return row?.channelId ?? null;
  }
}

/** What waits for its channel. Written out as its index has it. */
function held(query: SelectQueryBuilder<MessageEntity>): SelectQueryBuilder<MessageEntity> {
  return query.where("message.status = 'held' AND message.nextAttemptAt IS NULL AND message.heldBecause IN ('credits-depleted', 'daily-cap')");
}
