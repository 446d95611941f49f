import { Injectable } from '@nestjs/common';
import { type EntityManager, type FindOptionsWhere, In, LessThanOrEqual, MoreThan } from 'typeorm';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { isUniqueViolation } from '../../database/constraint-violation.service.js';
import { Reader } from '../../database/reader.service.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { AttemptEntity } from '../message/attempt.entity.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { MessageEntity } from '../message/message.entity.js';
import { become, type HeldBecause } from '../message/message-status.js';

const CLAIMABLE = ['queued', 'held'] as const;
/** Of a message that nobody is to hand to X any more. */
export const NO_CLAIM = { claimedBy: null, claimedUntil: null, nextAttemptAt: null } as const;

/**
 * The messages that wait to be handed to X, in our own tables. A claim is a lease: one that its owner did not live to settle
 * is open again when nothing was sent, and `unknown` when something may have been. The head of each conversation's queue is
 * claimed and nothing behind it, so that messages to one participant leave in their order.
 */
@Injectable()
export class Outbox {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly places: LimitPlaces,
    private readonly clock: Clock,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
  ) {}

  /** Claims the message that has been due longest, of no channel in `busyChannels`; null when there is none. */
  async claim(owner: string, busyChannels: readonly string[]): Promise<MessageEntity | null> {
    const now = this.clock.now();
    return this.unitOfWork
      .run(async (manager) => {
        const due = await this.findDue(manager, now, busyChannels);
        if (due === null) {
          return null;
        }
        const claim = { status: become(due.status, 'claimed'), claimedBy: owner, claimedUntil: now + this.settings.leaseMs } as const;
        await manager.update(MessageEntity, { id: due.id }, claim);
        return Object.assign(due, claim);
      })
      .catch((error: unknown) => {
        // Another instance claimed in the same conversation at the same moment, and the index refused the second: next time.
        if (isUniqueViolation(error)) {
          return null;
        }
        throw error;
      });
  }

  /** True when the message is still claimed by `owner`, whose lease has not run out. Called under the conversation's lock. */
  async isOurs(manager: EntityManager, owner: string, messageId: string): Promise<MessageEntity | null> {
    const message = await manager.findOne(MessageEntity, { where: { id: messageId }, ...lockedForUpdate<MessageEntity>(manager) });
    const isClaimed = message?.status === 'claimed' && message.claimedBy === owner;
    return isClaimed && (message.claimedUntil ?? 0) > this.clock.now() ? message : null;
  }

  /** Puts a claimed or sending message, which X certainly does not have, back to wait until `until`. */
  async putBack(manager: EntityManager, message: MessageEntity, until: Instant, heldBecause: HeldBecause | null): Promise<void> {
    await manager.update(
      MessageEntity,
      { id: message.id },
      {
        status: become(message.status, heldBecause === null ? 'queued' : 'held'),
        heldBecause,
        heldUntil: heldBecause === null ? null : until,
        nextAttemptAt: until,
        claimedBy: null,
        claimedUntil: null,
      },
    );
  }

  /**
   * Settles claims whose owner is gone: those past their lease, and at a start on SQLite (`isAlone`) all of them,
   * since one process uses the file.
   */
  async recover(isAlone: boolean): Promise<{ requeued: number; unknown: number }> {
    const lost = { claimedUntil: isAlone ? MoreThan(0) : LessThanOrEqual(this.clock.now()) };
    const requeued = await this.requeue(lost);
    const sending = await this.reader.repository(MessageEntity).findBy({ status: 'sending', ...lost });
    let unknown = 0;
    for (const { id, conversationId } of sending) {
      // Under the conversation's lock, and looked at anew: X's answer may be settled at this very moment.
      const isUnknown = await this.unitOfWork.run(async (manager) => {
        await manager.findOneOrFail(ConversationEntity, { where: { id: conversationId }, ...lockedForUpdate<ConversationEntity>(manager) });
        const marked = await manager.update(MessageEntity, { id, status: 'sending', ...lost }, { status: 'unknown', ...NO_CLAIM });
        if (marked.affected === 1) {
          await manager.update(
            AttemptEntity,
            { messageId: id, outcome: 'in-flight' },
            { outcome: 'unknown', finishedAt: this.clock.now(), detail: 'The service stopped before X’s answer came.' },
          );
          // X may have counted it, so it goes on counting here.
          await this.places.count(manager, id, this.clock.now());
        }
        return marked.affected === 1;
      });
      unknown += isUnknown ? 1 : 0;
    }
    return { requeued, unknown };
  }

  /** Those that somebody else has locked are in good hands. */
  private async requeue(lost: FindOptionsWhere<MessageEntity>): Promise<number> {
    return this.unitOfWork.run(async (manager) => {
      const claimed = await manager.find(MessageEntity, { where: { status: 'claimed', ...lost }, ...lockedForUpdate<MessageEntity>(manager, 'skip_locked') });
      if (claimed.length > 0) {
        await manager.update(MessageEntity, { id: In(claimed.map(({ id }) => id)) }, { status: 'queued', claimedBy: null, claimedUntil: null });
      }
      return claimed.length;
    });
  }

  private findDue(manager: EntityManager, now: Instant, busyChannels: readonly string[]): Promise<MessageEntity | null> {
    const query = manager
      .createQueryBuilder(MessageEntity, 'message')
      .where('message.status IN (:...claimable)', { claimable: CLAIMABLE })
      .andWhere('message.nextAttemptAt <= :now', { now })
      .andWhere(
        `NOT EXISTS ${manager
          .createQueryBuilder()
          .subQuery()
          .select('1')
          .from(MessageEntity, 'ahead')
          .where('ahead.conversationId = message.conversationId')
          .andWhere(
            "(ahead.status IN ('claimed', 'sending') OR (ahead.status IN ('queued', 'held') AND (ahead.nextAttemptAt IS NOT NULL OR ahead.heldBecause = 'rate-limit') AND ahead.seq < message.seq))",
          )
          .getQuery()}`,
      )
      .orderBy('message.nextAttemptAt', 'ASC')
      // After a stop of X all are due at once, and replies go first.
      .addOrderBy('message.startsConversation', 'ASC')
      .addOrderBy('message.id', 'ASC')
      .limit(1);
    if (busyChannels.length > 0) {
      query.andWhere('message.channelId NOT IN (:...busyChannels)', { busyChannels });
    }
    if (manager.connection.options.type === 'postgres') {
      query.setLock('pessimistic_write').setOnLocked('skip_locked');
    }
    return query.getOne();
  }
}
