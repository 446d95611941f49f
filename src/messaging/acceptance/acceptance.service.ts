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
import { normaliseForEcho } from '../message/message-content.js';
import type { SendMessage } from '../message.dto.js';
import { MessageEvents } from '../message/message-events.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { Dispatcher } from '../outbox/dispatcher.service.js';
import { Outbox } from '../outbox/outbox.service.js';
import { MustAskX, REFUSALS } from './refusals.js';
import { type Decided, SendDecisions } from './send-decisions.service.js';

/** A message to send, with what is known of it before the unit of work that accepts it. */
export interface OfferedMessage {
  parties: LimitParties;
  participant: Participant;
  wanted: SendMessage;
  validUntil: Instant | null;
  requestId: string | null;
  /** Writes what is to be on disk with it. */
  alongside: (accepted: AcceptedMessage) => Promise<void>;
}

export interface AcceptedMessage {
  message: MessageEntity;
  /** As it is with the message. */
  conversation: ConversationEntity;
  /** The channel's limits with it. */
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
   * makes the conversation, which is not to stay when the message is refused.
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
      if (conversation === null) {
        outcomes.set(one, { kind: 'alone' });
        continue;
      }
      try {
        accepted.push({ offered: one, result: await this.acceptOne(manager, one, conversation, known) });
        changed.add(conversation);
        outcomes.set(one, { kind: 'done', result: undefined });
      } catch (error) {
        if (isAlone || !isRefusal(error)) {
          throw error;
        }
        outcomes.set(one, { kind: 'failed', error });
      }
    }
    writes.insert(MessageEntity, accepted.map(({ result }) => result.message));
    this.outbox.turn(writes, [...changed], ['windowOpenedAt', 'windowUsed', 'windowClosedAt', 'lastSeq', 'lastMessageAt']);
    for (const { offered: one, result } of accepted) {
      await one.alongside(result);
    }
    const held = accepted.filter(({ result }) => result.message.status === 'held');
    await this.teamEvents.tell(held.map(({ offered: one, result }) => this.messageEvents.of('message.held', result.message, result.conversation, one.parties.channel, this.clock.now())), writes);
    this.unitOfWork.afterCommit(() => this.dispatcher.wake());
    return offered.map((one) => outcomes.get(one) ?? { kind: 'alone' });
  }

  /** Decides it, and takes what it costs; `conversation` is then as it is with the message. */
  private async acceptOne(manager: EntityManager, offered: OfferedMessage, conversation: ConversationEntity, known: KnownLimits): Promise<AcceptedMessage> {
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
      content: wanted.content,
      textFingerprint: normaliseForEcho(wanted.content.text),
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
    return { message, conversation: { ...conversation }, limits };
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
        : { status: 'held', charge, chargedWindow, heldBecause: obstacle.because, heldUntil: obstacle.until, nextAttemptAt: obstacle.until };
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
