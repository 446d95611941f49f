import { Injectable } from '@nestjs/common';
import { In, IsNull, LessThanOrEqual } from 'typeorm';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { Reader } from '../../database/reader.service.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { RatePolicy } from '../../rate-policy/rate-policy.service.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { Conversations } from '../conversation/conversations.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { WAITING_STATUSES } from '../message/message-status.js';
import { Outbox } from '../outbox/outbox.service.js';
import { Settlement } from '../outbox/settlement.service.js';
import { WindowEvents } from './window-events.service.js';

/** How many windows one transaction closes, and how many messages one run expires: the next run goes on. */
const BATCH = 500;

/** What time alone brings to an end. */
@Injectable()
export class Expiry {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly conversations: Conversations,
    private readonly outbox: Outbox,
    private readonly settlement: Settlement,
    private readonly windowEvents: WindowEvents,
    private readonly channels: ChannelDirectory,
    private readonly ratePolicy: RatePolicy,
    private readonly clock: Clock,
  ) {}

  /** Notes windows that are over, and tells the teams. Returns how many. */
  async closeWindows(): Promise<number> {
    let closed = 0;
    for (;;) {
      const batch = await this.closeSome();
      closed += batch;
      if (batch < BATCH) {
        return closed;
      }
    }
  }

  /** Expires waiting messages past their `validUntil`, giving back what they took of a window. Returns how many. */
  async expireMessages(): Promise<number> {
    const now = this.clock.now();
    const due = { status: In([...WAITING_STATUSES]), validUntil: LessThanOrEqual(now) };
    const found = await this.reader
      .repository(MessageEntity)
      .createQueryBuilder('message')
      // Written out as the index has it.
      .where("message.status IN ('queued', 'held') AND message.validUntil <= :now", { now })
      .limit(BATCH)
      .getMany();
    let expired = 0;
    for (const { id, conversationId } of found) {
      await this.unitOfWork.run(async (manager) => {
        const conversation = await this.conversations.lockById(manager, conversationId);
        const message = await manager.findOneBy(MessageEntity, { id, ...due });
        if (message !== null) {
          await this.settlement.markEnded(manager, conversation, message, { status: 'expired' }, null);
          expired += 1;
        }
      });
    }
    return expired;
  }

  /** Messages that wait for something that a deleted channel will not bring are tried, and so fail. Returns how many. */
  async freeOrphans(): Promise<number> {
    const waiting = { status: 'held' as const, nextAttemptAt: IsNull() };
    const rows = await this.reader
      .repository(MessageEntity)
      .createQueryBuilder('message')
      .select('DISTINCT message.channelId', 'channelId')
      .where("message.status = 'held' AND message.nextAttemptAt IS NULL")
      .getRawMany<{ channelId: string }>();
    const ids = rows.map(({ channelId }) => channelId);
    const known = (await this.channels.findByIds(ids)).map(({ id }) => id);
    const gone = ids.filter((id) => !known.includes(id));
    if (gone.length === 0) {
      return 0;
    }
    return this.unitOfWork.run(async (manager) => {
      const orphans = await manager.findBy(MessageEntity, { ...waiting, channelId: In(gone) });
      for (const conversationId of [...new Set(orphans.map((orphan) => orphan.conversationId))].sort()) {
        await this.conversations.lockById(manager, conversationId);
        await manager.update(MessageEntity, { ...waiting, conversationId }, { nextAttemptAt: this.clock.now() });
        await this.outbox.turnNow(manager, conversationId);
      }
      return orphans.length;
    });
  }

  private closeSome(): Promise<number> {
    const now = this.clock.now();
    const { windowMs } = this.ratePolicy.windowRule('v1.1');
    return this.unitOfWork.run(async (manager) => {
      const over = await manager.find(ConversationEntity, {
        where: { windowOpenedAt: LessThanOrEqual(now - windowMs), windowClosedAt: IsNull() },
        order: { windowOpenedAt: 'ASC' },
        take: BATCH,
        // On PostgreSQL one that is locked is being written to: the next run sees what came of it.
        ...lockedForUpdate<ConversationEntity>(manager, 'skip_locked'),
      });
      if (over.length > 0) {
        await manager.update(ConversationEntity, { id: In(over.map(({ id }) => id)) }, { windowClosedAt: now });
        await this.windowEvents.tellClosed(over.map((conversation) => ({ ...conversation, windowClosedAt: now })));
      }
      return over.length;
    });
  }
}
