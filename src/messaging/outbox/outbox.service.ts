import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Reader } from '../../database/reader.service.js';
import { findRow, RowWrites } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { Ids } from '../../runtime/ids.service.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { AttemptEntity } from '../message/attempt.entity.js';
import { MessageEvents } from '../message/message-events.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { become, type HeldBecause, isChannelHold, type MessageStatus, WAITING_STATUSES } from '../message/message-status.js';
import { MessageSteps } from '../message/message-steps.service.js';
import type { Claim, Slots } from './claim.js';
import type { LockedRows } from './locked-rows.service.js';
import { dueStatement, IS_DUE, TURN } from './outbox-statements.js';

interface Due {
  id: string;
  head_id: string;
  channel_id: string;
  fence: number;
  /** The head's. */
  status: MessageStatus;
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
 * Everything is called in a unit of work, under the conversation's lock; `claim` alone takes the lock by itself.
 */
@Injectable()
export class Outbox {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly steps: MessageSteps,
    private readonly events: MessageEvents,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
  ) {}

  /** Whether a claim now would find anything. Outside a unit of work, so that a look in vain makes nobody wait. */
  async isAnythingDue(): Promise<boolean> {
    return (await this.reader.manager.query<unknown[]>(IS_DUE, [this.clock.now()])).length > 0;
  }

  /**
   * Claims what has been due longest, as many as there are free slots for; uses the slots up. Of the conversations that the running
   * unit of work has `changed` nothing is claimed before that is on disk.
   */
  async claim(writes: RowWrites, owner: string, slots: Slots, changed: ReadonlyMap<string, unknown> = new Map()): Promise<Claim[]> {
    const claimedAt = this.clock.now();
    const due = await this.takeDue(writes.manager, claimedAt, slots, changed);
    const idle = due.filter(({ status }) => !WAITING_STATUSES.includes(status));
    if (idle.length > 0) {
      throw new Error(`Heads of conversations do not wait: ${idle.map(({ head_id }) => head_id).join(', ')}`);
    }
    const leases = due.map(({ id, fence }) => ({ id, leaseOwner: owner, leaseUntil: claimedAt + this.settings.leaseMs, fence: fence + 1, headAt: null }));
    writes.update(ConversationEntity, leases, ['leaseOwner', 'leaseUntil', 'fence', 'headAt']);
    writes.update(MessageEntity, due.map(({ head_id: id, status }) => ({ id, status: become(status, 'claimed') })), ['status']);
    return due.map(({ id, head_id, channel_id, fence }) => ({ owner, fence: fence + 1, messageId: head_id, conversationId: id, channelId: channel_id, claimedAt }));
  }

  /** The claimed message, if the claim still holds. */
  findClaimed({ conversations, messages }: Pick<LockedRows, 'conversations' | 'messages'>, { conversationId, messageId, owner, fence }: Claim): MessageEntity | null {
    const conversation = conversations.get(conversationId);
    const isOurs = conversation?.leaseOwner === owner && conversation.fence === fence && (conversation.leaseUntil ?? 0) > this.clock.now();
    const message = messages.get(messageId);
    return isOurs && message?.status === 'claimed' ? message : null;
  }

  /** A claimed message that is not handed over after all is open to everybody again. */
  async release(claim: Claim): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const conversation = await findRow(manager, ConversationEntity, { id: claim.conversationId }, true);
      const message = await findRow(manager, MessageEntity, { id: claim.messageId }, true);
      if (conversation !== null && message !== null && this.findClaimed({ conversations: new Map([[conversation.id, conversation]]), messages: new Map([[message.id, message]]) }, claim) !== null) {
        await this.putBack(manager, message, this.clock.now(), null);
      }
    });
  }

  /** Claimed messages leave. With this on disk their first bytes may go, and no other try is made unless X certainly did not get them. */
  begin(writes: RowWrites, leaving: readonly { message: MessageEntity; claim: Claim; parties: { channel: Pick<Channel, 'messagesApi'> } }[]): AttemptEntity[] {
    const startedAt = this.clock.now();
    const attempts = leaving.map(({ message, claim, parties }) =>
      Object.assign(new AttemptEntity(), {
        id: this.ids.create('att'),
        messageId: message.id,
        claimedAt: claim.claimedAt,
        startedAt,
        api: parties.channel.messagesApi,
        finishedAt: null,
        outcome: 'in-flight' as const,
        xStatus: null,
        xCode: null,
        detail: null,
        settledAt: null,
        settledBy: null,
      }),
    );
    writes.insert(AttemptEntity, attempts);
    writes.update(MessageEntity, leaving.map(({ message: { id, status } }) => ({ id, status: become(status, 'sending') })), ['status']);
    return attempts;
  }

  /** Puts a claimed or sending message, which X certainly does not have, back to wait until `until`; one that its channel holds, until `ChannelRelease` lets it go. */
  async putBack(manager: EntityManager, message: MessageEntity, until: Instant, heldBecause: HeldBecause | null): Promise<void> {
    await manager.update(
      MessageEntity,
      { id: message.id },
      {
        status: become(message.status, heldBecause === null ? 'queued' : 'held'),
        heldBecause,
        heldUntil: heldBecause === null ? null : until,
        nextAttemptAt: isChannelHold(heldBecause) ? null : until,
      },
    );
    // A pause is looked at again every few seconds: told once.
    if (heldBecause !== null && heldBecause !== message.heldBecause) {
      await this.steps.note(manager, message.id, { kind: 'held', because: heldBecause, until });
      await this.events.tell(manager, 'message.held', [message.id]);
    }
    await this.turnNow(manager, message.conversationId);
  }

  /**
   * Whose turn it is in conversations, and when: after each change to what waits or is under way in them. Ends the lease when nothing is
   * under way any more. These other columns of theirs are written with it.
   */
  turn(writes: RowWrites, conversations: readonly (Partial<ConversationEntity> & { id: string })[], properties: readonly (keyof ConversationEntity)[]): void {
    writes.update(ConversationEntity, conversations, properties, TURN);
  }

  /** The same at once, of one conversation of which nothing else changes. */
  async turnNow(manager: EntityManager, id: string): Promise<void> {
    const writes = new RowWrites(manager);
    this.turn(writes, [{ id }], []);
    await writes.flush();
  }

  /** What is due and has a slot, in the order in which it has been due; uses the slots up. */
  private async takeDue(manager: EntityManager, now: Instant, slots: Slots, changed: ReadonlyMap<string, unknown>): Promise<Due[]> {
    const statement = (busyChannels: number): string => dueStatement(manager.connection.options.type === 'postgres' ? 'postgres' : 'sqlite', busyChannels);
    const taken = new Map<string, Due>();
    // Again where a channel had more that is due than slots: others may have slots left for what is due after it.
    for (;;) {
      const busy = slots.fullChannels;
      const most = slots.free + taken.size + changed.size;
      const due = await manager.query<Due[]>(statement(busy.length), [now, ...busy, most]);
      for (const one of due) {
        if (!taken.has(one.id) && !changed.has(one.id) && !slots.isFullFor(one.channel_id)) {
          slots.take(one.channel_id);
          taken.set(one.id, one);
        }
      }
      if (slots.isFull || due.length < most || slots.fullChannels.length === busy.length) {
        return [...taken.values()];
      }
    }
  }
}
