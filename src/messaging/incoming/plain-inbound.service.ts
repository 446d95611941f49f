import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type TeamEvent, TeamEvents } from '../../callbacks/event/team-events.service.js';
import type { Channel } from '../../channels/channel.js';
import { readTogether, rowsBy, type RowWrites } from '../../database/rows.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { windowAfterInbound } from '../../rate-policy/reply-window.js';
import { Ids } from '../../runtime/ids.service.js';
import type { XDirectMessage } from '../../x-api/direct-message.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { Conversations, windowOf } from '../conversation/conversations.service.js';
import { Erasures } from '../erasure/erasures.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { MessageEvents } from '../message/message-events.service.js';
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

/** Statuses of messages that a window which opens has to charge: those that wait, and those of its time that X has. */
const HAS_SOMETHING_TO_CHARGE = "m.status IN ('queued', 'claimed', 'held') OR (m.status IN ('sent', 'read') AND m.x_created_at >= given.at)";

const BOUND = {
  sqlite: '(SELECT value ->> 0 AS id, value ->> 1 AS at FROM json_each($1))',
  postgres: '(SELECT value ->> 0 AS id, (value ->> 1)::bigint AS at FROM json_array_elements($1::json))',
};

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
    const [found, known] = await readTogether(
      manager,
      this.conversations.toLock(all.map(({ channel, message }) => ({ channelId: channel.id, participantId: message.senderId }))),
      rowsBy(MessageEntity, all.map(({ channel, message }) => ({ channelId: channel.id, xMessageId: message.xMessageId }))),
    );
    const conversations = new Map(found.map((row) => [keyOf(row.channelId, row.participantId), row]));
    const made: ConversationEntity[] = [];
    for (const { channel, message, profile } of all) {
      const key = keyOf(channel.id, message.senderId);
      if (!conversations.has(key)) {
        const conversation = this.conversations.make(channel, { id: message.senderId, ...toStorable(profile) });
        made.push(conversation);
        conversations.set(key, conversation);
      }
    }
    const conversationOf = ({ channel, message }: Told): ConversationEntity => conversations.get(keyOf(channel.id, message.senderId)) as ConversationEntity;
    const odd = await this.findOdd(manager, all, conversationOf, known, now);
    const rows: MessageEntity[] = [];
    const events: TeamEvent[] = [];
    const recorded = new Set<Told>();
    for (const told of all) {
      const conversation = conversationOf(told);
      const createdAt = Math.min(told.message.createdAt, now);
      const before = windowOf(conversation);
      const window = windowAfterInbound(before, createdAt, now);
      if (odd.messages.has(told) || odd.conversations.has(conversation.id) || window === null || window === before) {
        odd.conversations.add(conversation.id);
        continue;
      }
      const row = Object.assign(toMessageRow(this.ids.create('msg'), conversation, { ...told.message, createdAt }, now), {
        direction: 'inbound' as const,
        source: 'participant' as const,
        status: 'received' as const,
        isRecovered: false,
      });
      const { username, name } = toStorable(told.profile);
      conversation.participantUsername = username ?? conversation.participantUsername;
      conversation.participantName = name ?? conversation.participantName;
      events.push(...this.windowEvents.replaced(conversation, window));
      Object.assign(conversation, changeBy(conversation, window, createdAt));
      events.push(this.messageEvents.of('message.received', row, conversation, told.channel, createdAt));
      rows.push(row);
      recorded.add(told);
    }
    const changed = [...new Set([...recorded].map(conversationOf))];
    writes.insert(ConversationEntity, made.filter((conversation) => changed.includes(conversation)));
    writes.insert(MessageEntity, rows);
    writes.update(ConversationEntity, changed.filter((conversation) => !made.includes(conversation)), CHANGED);
    await this.teamEvents.tell(events, writes);
    return recorded;
  }

  /** What is not plain, as far as the database tells: messages that are known already or erased since, conversations that have something to charge. */
  private async findOdd<Told extends ToldMessage>(
    manager: EntityManager,
    all: readonly Told[],
    conversationOf: (told: Told) => ConversationEntity,
    known: readonly MessageEntity[],
    now: Instant,
  ): Promise<{ messages: Set<Told>; conversations: Set<string> }> {
    const knownKeys = new Set(known.map(({ channelId, xMessageId }) => keyOf(channelId, xMessageId ?? '')));
    const mayBe = all
      .map((told) => ({ told, channelId: told.channel.id, participantId: told.message.senderId, at: Math.min(told.message.createdAt, now) }))
      .filter(({ told, at }) => mayBeErased(conversationOf(told), at, now));
    const erased = new Set([...(await this.erasures.findErased(manager, mayBe))].map(({ told }) => told));
    const seen = new Set<string>();
    const messages = new Set<Told>();
    for (const told of all) {
      const key = keyOf(told.channel.id, told.message.xMessageId);
      if (knownKeys.has(key) || seen.has(key) || erased.has(told)) {
        messages.add(told);
      }
      seen.add(key);
    }
    const opening = new Map<string, Instant>();
    for (const told of all) {
      const { id } = conversationOf(told);
      opening.set(id, Math.min(opening.get(id) ?? now, told.message.createdAt));
    }
    return { messages, conversations: await this.findBound(manager, opening) };
  }

  /** Conversations in which something waits, or was sent since the time. */
  private async findBound(manager: EntityManager, opening: ReadonlyMap<string, Instant>): Promise<Set<string>> {
    const given = BOUND[manager.connection.options.type === 'postgres' ? 'postgres' : 'sqlite'];
    const rows = await manager.query<{ id: string }[]>(
      `SELECT given.id AS id FROM ${given} AS given WHERE EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = given.id AND m.direction = 'outbound' AND (${HAS_SOMETHING_TO_CHARGE}))`,
      [JSON.stringify([...opening])],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

const keyOf = (...parts: readonly string[]): string => parts.join(' ');
