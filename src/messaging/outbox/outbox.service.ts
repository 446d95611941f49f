import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { returnedRows } from '../../database/returned-rows.service.js';
import { Reader } from '../../database/reader.service.js';
import { findRow, insertRow, toColumns, updateRow } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { Ids } from '../../runtime/ids.service.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { AttemptEntity } from '../message/attempt.entity.js';
import { MessageEntity } from '../message/message.entity.js';
import { become, type HeldBecause } from '../message/message-status.js';
import { MessageSteps } from '../message/message-steps.service.js';
import type { Claim, Slots } from './claim.js';
import { claimStatement, turnStatement } from './outbox-statements.js';

interface Leased {
  id: string;
  head_id: string;
  channel_id: string;
  fence: number;
}

/**
 * The messages that wait to be handed to X, in our own tables: a queue for each conversation, and a lease on its head.
 *
 * free ──claim──▶ leased (head `claimed`) ──begin──▶ leased (head `sending`) ──settled, put back──▶ free
 *
 * A lease has an owner, an end and a fence; whoever acts under it holds the conversation's lock and asks `isOurs` first. What its
 * owner did not live to settle is for `LostClaims`. So messages to one participant leave one at a time and in their order, and
 * those to others side by side. Two unique indices have the database itself refuse a second message under way in a conversation
 * and a second live attempt of a message.
 *
 * Everything is called in a unit of work, under the conversation's lock; `claim` alone takes both by itself.
 */
@Injectable()
export class Outbox {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly steps: MessageSteps,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
  ) {}

  /** Claims what has been due longest, as many as there are free slots for; uses the slots up. */
  async claim(owner: string, slots: Slots): Promise<Claim[]> {
    const claimedAt = this.clock.now();
    if (slots.isFull || !(await this.isAnythingDue(claimedAt))) {
      return [];
    }
    return this.unitOfWork.run(async (manager) => {
      const claims: Claim[] = [];
      while (!slots.isFull) {
        const leased = await this.leaseNext(manager, owner, claimedAt, slots.fullChannels);
        if (leased === null) {
          break;
        }
        const { id: conversationId, head_id: messageId, channel_id: channelId, fence } = leased;
        const claimed = await manager.update(MessageEntity, { id: messageId, status: In(['queued', 'held']) }, { status: 'claimed' });
        if (claimed.affected !== 1) {
          throw new Error(`The head of conversation ${conversationId} does not wait: ${messageId}`);
        }
        slots.take(channelId);
        claims.push({ owner, fence, messageId, conversationId, channelId, claimedAt });
      }
      return claims;
    }, true);
  }

  /** The claimed message, if the claim still holds. */
  async findClaimed(manager: EntityManager, conversation: ConversationEntity, claim: Claim): Promise<MessageEntity | null> {
    const isOurs = conversation.leaseOwner === claim.owner && conversation.fence === claim.fence && (conversation.leaseUntil ?? 0) > this.clock.now();
    const message = isOurs ? await findRow(manager, MessageEntity, { id: claim.messageId }, true) : null;
    return message?.status === 'claimed' ? message : null;
  }

  /** A claimed message that is not handed over after all is open to everybody again. */
  async release(claim: Claim): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const conversation = await findRow(manager, ConversationEntity, { id: claim.conversationId }, true);
      const message = conversation === null ? null : await this.findClaimed(manager, conversation, claim);
      if (message !== null) {
        await this.putBack(manager, message, this.clock.now(), null);
      }
    });
  }

  /** The claimed message leaves. With this on disk its first byte may go, and no other try is made unless X certainly did not get it. */
  async begin(manager: EntityManager, message: MessageEntity, claim: Claim): Promise<AttemptEntity> {
    const attempt = Object.assign(new AttemptEntity(), {
      id: this.ids.create('att'),
      messageId: message.id,
      claimedAt: claim.claimedAt,
      startedAt: this.clock.now(),
      finishedAt: null,
      outcome: 'in-flight' as const,
      xStatus: null,
      xCode: null,
      detail: null,
      settledAt: null,
      settledBy: null,
    });
    await insertRow(manager, AttemptEntity, attempt);
    await updateRow(manager, MessageEntity, message.id, { status: become(message.status, 'sending') });
    return attempt;
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
      },
    );
    // A pause is looked at again every few seconds: told once.
    if (heldBecause !== null && heldBecause !== message.heldBecause) {
      await this.steps.note(manager, message.id, { kind: 'held', because: heldBecause, until });
    }
    await this.turn(manager, message.conversationId);
  }

  /**
   * Whose turn it is in a conversation, and when: after each change to what waits or is under way in it. Ends the lease when nothing is
   * under way any more. `change` is written with it.
   */
  async turn(manager: EntityManager, conversationId: string, change: Partial<ConversationEntity> = {}): Promise<void> {
    const { columns, values } = toColumns(manager, manager.connection.getMetadata(ConversationEntity), change);
    await manager.query(turnStatement(columns), [conversationId, ...values]);
  }

  /** Outside a unit of work, so that a look in vain makes nobody wait. */
  private isAnythingDue(now: Instant): Promise<boolean> {
    return this.reader.repository(ConversationEntity).createQueryBuilder('conversation').where('conversation.headAt <= :now', { now }).getExists();
  }

  private async leaseNext(manager: EntityManager, owner: string, now: Instant, busyChannels: readonly string[]): Promise<Leased | null> {
    const { type } = manager.connection.options;
    const statement = claimStatement(type === 'postgres' ? 'postgres' : 'sqlite', busyChannels.length);
    const [leased] = await returnedRows<Leased>(manager, statement, [now, ...busyChannels, owner, now + this.settings.leaseMs]);
    return leased ?? null;
  }
}
