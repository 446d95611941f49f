import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type TeamEvent, TeamEvents } from '../../callbacks/event/team-events.service.js';
import type { Channel } from '../../channels/channel.js';
import { columnsOf, listOf, tableOf, toList } from '../../database/row-table.service.js';
import { readTogether, rowsBy, type RowWrites } from '../../database/rows.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { windowAfterInbound } from '../../rate-policy/reply-window.js';
import { Ids } from '../../runtime/ids.service.js';
import type { XDirectMessage } from '../../x-api/direct-message.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { Conversations, toProfileColumns, windowOf } from '../conversation/conversations.service.js';
import { Erasures } from '../erasure/erasures.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { MessageEvents } from '../message/message-events.service.js';
import { NOT_YET_SENT_STATUSES, OPEN_STATUSES, SENT_STATUSES, toSqlList } from '../message/message-status.js';
import { WindowEvents } from '../window/window-events.service.js';
import { changeBy, mayBeErased, type Profile, toMessageRow, toStorable } from './recorded-message.service.js';

/** A message from a participant, as an event tells of it. */
export interface ToldMessage {
  channel: Channel;
  message: XDirectMessage;
  profile: Profile | undefined;
}

/** Columns of a conversation that an inbound message changes. */
const CHANGED = ['windowOpenedAt', 'windowUsed', 'windowClosedAt', 'lastSeq', 'lastMessageAt', 'participantUsername', 'participantName'] as const;

/** What is told, with what it is told of. */
interface Inbound<Told extends ToldMessage> {
  told: Told;
  conversation: ConversationEntity;
  channelId: string;
  participantId: string;
  /** A time in the future counts as now. */
  at: Instant;
}

/**
 * Messages that open a window and have nothing to charge with it: nearly all that come in are such, so many of them are recorded with
 * a few statements. Each has the effects that `IncomingMessages` gives it; whatever is not plain is left to that.
 */
@Injectable()
export class PlainInbound {
  constructor(
    private readonly conversations: Conversations,
    private readonly erasures: Erasures,
    private readonly messageEvents: MessageEvents,
    private readonly windowEvents: WindowEvents,
    private readonly teamEvents: TeamEvents,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Records those that are plain, in their order. Behind one that is not, nothing of its conversation is recorded. */
  async record<Told extends ToldMessage>(writes: RowWrites, all: readonly Told[]): Promise<Set<Told>> {
    const { manager } = writes;
    const now = this.clock.now();
    const pairs = all.map(({ channel, message }) => ({ channelId: channel.id, participantId: message.senderId }));
    await this.conversations.reserveMissing(manager, pairs);
    const [found, known] = await readTogether(
      manager,
      this.conversations.toLock(pairs),
      rowsBy(MessageEntity, all.map(({ channel, message }) => ({ channelId: channel.id, xMessageId: message.xMessageId }))),
    );
    const { inbound, made } = this.withConversations(all, found, now);
    const odd = await this.findOdd(manager, inbound, known, now);
    const rows: MessageEntity[] = [];
    const events: TeamEvent[] = [];
    const recorded: Inbound<Told>[] = [];
    for (const one of inbound) {
      const { told, conversation, at } = one;
      const before = windowOf(conversation);
      const window = windowAfterInbound(before, at, now);
      if (odd.messages.has(told) || odd.conversations.has(conversation.id) || window === null || window === before) {
        odd.conversations.add(conversation.id);
        continue;
      }
      const row = Object.assign(toMessageRow(this.ids.create('msg'), conversation, { ...told.message, createdAt: at }, now), {
        direction: 'inbound' as const,
        source: 'participant' as const,
        status: 'received' as const,
        isRecovered: false,
      });
      Object.assign(conversation, toProfileColumns(toStorable(told.profile), conversation));
      events.push(...this.windowEvents.replaced(conversation, window));
      Object.assign(conversation, changeBy(conversation, window, at));
      events.push(this.messageEvents.of('message.received', row, conversation, told.channel, at));
      rows.push(row);
      recorded.push(one);
    }
    const changed = [...new Set(recorded.map(({ conversation }) => conversation))];
    writes.insert(ConversationEntity, changed.filter((conversation) => made.has(conversation)));
    writes.insert(MessageEntity, rows);
    writes.update(ConversationEntity, changed.filter((conversation) => !made.has(conversation)), CHANGED);
    await this.teamEvents.tell(events, writes);
    return new Set(recorded.map(({ told }) => told));
  }

  /** Each with its conversation; those that are `made` are not written yet. */
  private withConversations<Told extends ToldMessage>(all: readonly Told[], found: readonly ConversationEntity[], now: Instant): { inbound: Inbound<Told>[]; made: Set<ConversationEntity> } {
    const conversations = new Map(found.map((row) => [keyOf(row.channelId, row.participantId), row]));
    const made = new Set<ConversationEntity>();
    const inbound = all.map((told) => {
      const [channelId, participantId] = [told.channel.id, told.message.senderId];
      const key = keyOf(channelId, participantId);
      const conversation = conversations.get(key) ?? this.conversations.make(told.channel, { id: participantId, ...toStorable(told.profile) });
      if (!conversations.has(key)) {
        made.add(conversation);
        conversations.set(key, conversation);
      }
      return { told, conversation, channelId, participantId, at: Math.min(told.message.createdAt, now) };
    });
    return { inbound, made };
  }

  /** What is not plain, as far as the database tells: messages that are known already or erased since, conversations that have something to charge. */
  private async findOdd<Told extends ToldMessage>(
    manager: EntityManager,
    inbound: readonly Inbound<Told>[],
    known: readonly MessageEntity[],
    now: Instant,
  ): Promise<{ messages: Set<Told>; conversations: Set<string> }> {
    const seen = new Set(known.map(({ channelId, xMessageId }) => keyOf(channelId, xMessageId ?? '')));
    const erased = await this.erasures.findErased(manager, inbound.filter(({ conversation, at }) => mayBeErased(conversation, at, now)));
    const messages = new Set<Told>();
    for (const one of inbound) {
      const key = keyOf(one.channelId, one.told.message.xMessageId);
      if (seen.has(key) || erased.has(one)) {
        messages.add(one.told);
      }
      seen.add(key);
    }
    return { messages, conversations: await this.findBound(manager, inbound) };
  }

  /**
   * Conversations in which something waits, or X has something of the time since: what a window that opens then has to charge. Each
   * half is found by a partial index, `messages_open` and `messages_outbound`, so a long conversation costs no more than a short one.
   */
  private async findBound(manager: EntityManager, inbound: readonly Inbound<ToldMessage>[]): Promise<Set<string>> {
    const table = tableOf(manager, MessageEntity);
    const columns = columnsOf(table, ['conversationId', 'xCreatedAt']);
    const rows = await manager.query<{ id: string }[]>(
      `SELECT DISTINCT given.c0 AS id FROM ${listOf(table, columns, '$1')} AS given WHERE
        EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = given.c0 AND m.status IN ${toSqlList(OPEN_STATUSES)} AND m.status IN ${toSqlList(NOT_YET_SENT_STATUSES)})
        OR EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = given.c0 AND m.direction = 'outbound' AND m.x_created_at >= given.c1 AND m.status IN ${toSqlList(SENT_STATUSES)})`,
      [JSON.stringify(toList(columns, inbound.map(({ conversation: { id: conversationId }, at: xCreatedAt }) => ({ conversationId, xCreatedAt }))))],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

const keyOf = (...parts: readonly string[]): string => parts.join(' ');
