import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TeamEvents } from '../../callbacks/event/team-events.service.js';
import type { Outcome } from '../../database/gathered-work.service.js';
import { readTogether, type RowWrites } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { Problem, unreachable } from '../../kernel/problem.js';
import { KnownLimits } from '../../rate-policy/known-limits.service.js';
import type { LimitState } from '../../rate-policy/limit.js';
import { inOrderOfApps, LimitBook, type LimitParties } from '../../rate-policy/limit-book.service.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { Ids } from '../../runtime/ids.service.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { Conversations, type Participant, toWindowColumns, windowOf } from '../conversation/conversations.service.js';
import { type MessageContent, normaliseForEcho } from '../message/message-content.js';
import type { WantedMessage } from './outgoing-content.service.js';
import { UploadUseEntity } from '../media/upload-use.entity.js';
import { MessageEvents } from '../message/message-events.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { isChannelHold } from '../message/message-status.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { Dispatcher } from '../outbox/dispatcher.service.js';
import { Outbox } from '../outbox/outbox.service.js';
import { MustAskX, REFUSALS } from './refusals.js';
import { type Decided, SendDecisions } from './send-decisions.service.js';

/** A message to send, with what is known of it before the unit of work that accepts it. */
export interface OfferedMessage {
  parties: LimitParties;
  participant: Participant;
  wanted: WantedMessage;
  /** Of the messages that it becomes, in their order. */
  contents: readonly [MessageContent, ...MessageContent[]];
  validUntil: Instant | null;
  requestId: string | null;
  /** Writes what is to be on disk with it. */
  alongside: (accepted: AcceptedMessage) => Promise<void>;
}

export interface AcceptedMessage {
  /** The first, where a long text became several. */
  message: MessageEntity;
  /** All of them. */
  parts: readonly MessageEntity[];
  /** As it is with the messages. */
  conversation: ConversationEntity;
  /** The channel's limits with them. */
  limits: readonly LimitState[];
}

/** Accepts messages to send, in one unit of work: each is decided with those before it, and they are written together. */
@Injectable()
export class Acceptance {
  constructor(
    private readonly conversations: Conversations,
    private readonly decisions: SendDecisions,
    private readonly places: LimitPlaces,
    private readonly book: LimitBook,
    private readonly outbox: Outbox,
    private readonly steps: MessageSteps,
    private readonly dispatcher: Dispatcher,
    private readonly messageEvents: MessageEvents,
    private readonly teamEvents: TeamEvents,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * What is refused fails with its Problem and leaves nothing behind. The first message to a participant is accepted by itself: it
   * makes the conversation, which is not to stay when the message is refused. So is one that becomes several: what was written of the
   * first of them is not to stay when a later one is refused.
   */
  async accept(writes: RowWrites, offered: readonly OfferedMessage[]): Promise<Outcome<void>[]> {
    const { manager } = writes;
    const pairs = offered.map(({ parties, participant }) => ({ channelId: parties.channel.id, participantId: participant.id }));
    const known = new KnownLimits(this.book, manager);
    const parties = offered.map((one) => one.parties);
    const [locked, subjects] = await readTogether(manager, this.conversations.toLock(pairs), known.subjectsOf(parties));
    known.keep(parties, subjects);
    const found = new Map(locked.map((conversation) => [toKey(conversation), conversation]));
    const changed = new Set<ConversationEntity>();
    const accepted: { offered: OfferedMessage; result: AcceptedMessage }[] = [];
    const outcomes = new Map<OfferedMessage, Outcome<void>>();
    // Limits are locked as they are needed: those of one app before those of the next, by everybody.
    for (const one of inOrderOfApps(offered)) {
      const isAlone = offered.length === 1;
      const { parties: { channel }, participant } = one;
      const conversation = found.get(toKey({ channelId: channel.id, participantId: participant.id })) ?? (isAlone ? await this.conversations.lock(channel, participant) : null);
      if (conversation === null || (one.contents.length > 1 && !isAlone)) {
        outcomes.set(one, { kind: 'alone' });
        continue;
      }
      try {
        accepted.push({ offered: one, result: await this.acceptAll(manager, one, conversation, known) });
        changed.add(conversation);
        outcomes.set(one, { kind: 'done', result: undefined });
      } catch (error) {
        if (isAlone || !isRefusal(error)) {
          throw error;
        }
        outcomes.set(one, { kind: 'failed', error });
      }
    }
    writes.insert(MessageEntity, accepted.flatMap(({ result }) => result.parts));
    this.outbox.turn(writes, [...changed], ['windowOpenedAt', 'windowUsed', 'windowClosedAt', 'lastSeq', 'lastMessageAt']);
    for (const { offered: one, result } of accepted) {
      await one.alongside(result);
    }
    const held = accepted.flatMap(({ offered: one, result }) => result.parts.filter(({ status }) => status === 'held').map((message) => ({ message, result, channel: one.parties.channel })));
    await this.teamEvents.tell(held.map(({ message, result, channel }) => this.messageEvents.of('message.held', message, result.conversation, channel, this.clock.now())), writes);
    this.unitOfWork.afterCommit(() => this.dispatcher.wake());
    return offered.map((one) => outcomes.get(one) ?? { kind: 'alone' });
  }

  private async acceptAll(manager: EntityManager, offered: OfferedMessage, conversation: ConversationEntity, known: KnownLimits): Promise<AcceptedMessage> {
    const [content, ...others] = offered.contents;
    const first = await this.acceptOne(manager, offered, content, conversation, known);
    const parts = [first.message];
    let { limits } = first;
    for (const other of others) {
      const next = await this.acceptOne(manager, offered, other, conversation, known);
      parts.push(next.message);
      limits = next.limits;
    }
    if (parts.length > 1) {
      const ids = parts.map(({ id }) => id);
      parts.forEach((part) => (part.parts = ids));
    }
    return { message: first.message, parts, conversation: { ...conversation }, limits };
  }

  /** Decides it, and takes what it costs; `conversation` is then as it is with the message. */
  private async acceptOne(
    manager: EntityManager,
    offered: OfferedMessage,
    content: MessageContent,
    conversation: ConversationEntity,
    known: KnownLimits,
  ): Promise<Pick<AcceptedMessage, 'message' | 'limits'>> {
    const { parties, participant, wanted, validUntil, requestId } = offered;
    const now = this.clock.now();
    const window = windowOf(conversation);
    const wish = { parties, participantId: participant.id, window, beyondAllotment: wanted.beyondAllotment ?? null };
    const decided = await this.decisions.decide(manager, wish, true, known);
    const state = stateAfter(decided, now, validUntil);
    const message = Object.assign(new MessageEntity(), {
      id: this.ids.create('msg'),
      team: parties.channel.team,
      channelId: parties.channel.id,
      conversationId: conversation.id,
      seq: conversation.lastSeq + 1,
      direction: 'outbound',
      source: 'api',
      content,
      textFingerprint: normaliseForEcho(content.text),
      reference: wanted.reference ?? null,
      startsConversation: window === null,
      beyondAllotment: wish.beyondAllotment,
      validUntil,
      createdAt: now,
      acceptedCharge: state.charge,
      requestId,
      ...state,
    } satisfies Partial<MessageEntity>);
    await this.conversations.keepProfile(manager, conversation, participant);
    if (content.media !== undefined) {
      await manager.insert(UploadUseEntity, { uploadId: content.media.id, messageId: message.id, conversationId: conversation.id });
    }
    if (message.heldBecause !== null) {
      await this.steps.note(manager, message.id, { kind: 'held', because: message.heldBecause, until: message.heldUntil });
    }
    const limits = await this.takePlace(manager, decided, message);
    const change = {
      ...toWindowColumns(decided.decision.window, conversation),
      lastSeq: message.seq,
      lastMessageAt: Math.max(conversation.lastMessageAt ?? 0, now),
    };
    Object.assign(conversation, change);
    return { message, limits };
  }

  /** In the limits, where the message counts towards them: at once, or when one comes free. Returns the limits with it. */
  private async takePlace(manager: EntityManager, { decision, limits }: Decided, message: MessageEntity): Promise<readonly LimitState[]> {
    if (decision.kind === 'hold' && decision.reason === 'rate-limit') {
      await this.places.awaitPlace(manager, limits, decision.until);
    }
    return message.charge === 'rate-limit' ? this.places.take(manager, limits, message.id) : limits.states;
  }
}

function toKey({ channelId, participantId }: Pick<ConversationEntity, 'channelId' | 'participantId'>): string {
  return `${channelId} ${participantId}`;
}

/** It comes before anything is written. What else goes wrong may have come after it, and is not to be left behind. */
function isRefusal(error: unknown): boolean {
  return error instanceof Problem || error instanceof MustAskX;
}

/** @throws Problem for what is refused, `MustAskX` */
function stateAfter({ decision, obstacle }: Decided, now: Instant, validUntil: Instant | null): Pick<MessageEntity, 'status' | 'charge' | 'chargedWindow' | 'heldBecause' | 'heldUntil' | 'nextAttemptAt'> {
  switch (decision.kind) {
    case 'send': {
      const chargedWindow = decision.charge === 'reply' ? decision.window.openedAt : null;
      const { charge } = decision;
      return obstacle === null
        ? { status: 'queued', charge, chargedWindow, heldBecause: null, heldUntil: null, nextAttemptAt: now }
        : { status: 'held', charge, chargedWindow, heldBecause: obstacle.because, heldUntil: obstacle.until, nextAttemptAt: isChannelHold(obstacle.because) ? null : obstacle.until };
    }
    case 'hold': {
      // One that waits for an inbound message has no time of ours that ends it, only `validUntil`.
      const heldUntil = decision.reason === 'rate-limit' ? decision.until : validUntil;
      return { status: 'held', charge: null, chargedWindow: null, heldBecause: decision.reason, heldUntil, nextAttemptAt: null };
    }
    case 'refuse':
      throw new Problem(`message.${decision.reason}`, REFUSALS[decision.reason]);
    case 'ask':
      throw new MustAskX('Whether the participant may be written to first is not known');
    default:
      return unreachable(decision);
  }
}
