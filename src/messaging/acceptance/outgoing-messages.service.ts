import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { ChannelCredentials } from '../../channels/channel-credentials.service.js';
import { toXProblem } from '../../channels/x-problem.js';
import { insertRow } from '../../database/rows.service.js';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant, toTimestamp } from '../../kernel/clock.js';
import { Problem, unreachable } from '../../kernel/problem.js';
import type { LimitState } from '../../rate-policy/limit.js';
import { LimitBook, type LimitParties, type OpenLimits } from '../../rate-policy/limit-book.service.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { StartPermissions } from '../../rate-policy/start-permissions.service.js';
import { Ids } from '../../runtime/ids.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import { REFUSALS, startPermissionChanged } from './refusals.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { Conversations, type Participant, toWindowColumns, windowOf } from '../conversation/conversations.service.js';
import { Dispatcher } from '../outbox/dispatcher.service.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { Outbox } from '../outbox/outbox.service.js';
import type { SendMessage } from '../message.dto.js';
import { MessageEntity } from '../message/message.entity.js';
import { normaliseForEcho } from '../message/message-content.js';
import { type Decided, SendDecisions } from './send-decisions.service.js';

export interface AcceptedMessage {
  message: MessageEntity;
  conversation: ConversationEntity;
  /** The channel's limits with it. */
  limits: readonly LimitState[];
}

/** What is known of a send before the unit of work that accepts it. */
export interface PreparedSend {
  parties: LimitParties;
  /** The limits as they stood, where the answer may want them. */
  seen: OpenLimits | null;
}

/** Accepts messages to send: the decision, what it takes of the window, and the message are written together. */
@Injectable()
export class OutgoingMessages {
  constructor(
    private readonly x: XApi,
    private readonly credentials: ChannelCredentials,
    private readonly conversations: Conversations,
    private readonly decisions: SendDecisions,
    private readonly places: LimitPlaces,
    private readonly permissions: StartPermissions,
    private readonly book: LimitBook,
    private readonly outbox: Outbox,
    private readonly steps: MessageSteps,
    private readonly dispatcher: Dispatcher,
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Whom `to` means; a user name is looked up at X. @throws Problem `message.participant-not-found`, or what X says */
  async findParticipant(channel: Channel, to: SendMessage['to']): Promise<Participant> {
    if (to.number !== undefined) {
      return { id: to.number, username: null, name: null };
    }
    const username = (to.username ?? '').replace(/^@/, '');
    const credentials = await this.credentials.get(channel.id);
    const user = await this.x.accounts.findUser(credentials, username).catch((error: unknown) => {
      throw toXProblem(error);
    });
    if (user === null) {
      throw new Problem('message.participant-not-found', `X has no user @${username}.`, {
        errors: [{ pointer: '/to/username', code: 'message.participant-not-found', detail: 'X has no user of this name.' }],
      });
    }
    return user;
  }

  /**
   * What a send is decided by and cannot be fetched inside a unit of work: who shares the limits and how they stand, and X's word
   * where the participant never wrote. @throws Problem `x.unavailable`, `message.participant-not-found`
   */
  async prepare(channel: Channel, participant: Participant, wanted: SendMessage): Promise<PreparedSend> {
    const parties = await this.book.partiesOf(channel);
    const { manager } = this.reader;
    const window = await this.conversations.findWindow(manager, channel.id, participant.id);
    const wish = { parties, participantId: participant.id, window, beyondAllotment: wanted.beyondAllotment ?? null };
    if (window !== null && this.decisions.takesPlace(wish)) {
      // X is not asked about somebody who has written, and the limits are looked at when they are locked.
      return { parties, seen: null };
    }
    const { decision, limits } = await this.decisions.decide(manager, wish, false);
    if (decision.kind === 'ask') {
      await this.permissions.ask(channel, participant.id);
    }
    return { parties, seen: limits };
  }

  /** @throws Problem `message.window-closed`, `message.allotment-used`, `message.cannot-start-conversation`, `request.invalid`; nothing is stored then */
  async accept({ parties, seen }: PreparedSend, participant: Participant, wanted: SendMessage): Promise<AcceptedMessage> {
    const { channel } = parties;
    const now = this.clock.now();
    const validUntil = readValidUntil(wanted, now);
    return this.unitOfWork.run(async (manager) => {
      const conversation = await this.conversations.lock(channel, participant);
      const window = windowOf(conversation);
      const beyondAllotment = wanted.beyondAllotment ?? null;
      const decided = await this.decisions.decide(manager, { parties, participantId: participant.id, window, beyondAllotment }, true, seen);
      const state = stateAfter(decided, now, validUntil);
      const message = Object.assign(new MessageEntity(), {
        id: this.ids.create('msg'),
        team: channel.team,
        channelId: channel.id,
        conversationId: conversation.id,
        seq: conversation.lastSeq + 1,
        direction: 'outbound',
        source: 'api',
        content: wanted.content,
        textFingerprint: normaliseForEcho(wanted.content.text),
        reference: wanted.reference ?? null,
        startsConversation: window === null,
        beyondAllotment,
        validUntil,
        createdAt: now,
        acceptedCharge: state.charge,
        ...state,
      } satisfies Partial<MessageEntity>);
      await insertRow(manager, MessageEntity, message);
      if (message.heldBecause !== null) {
        await this.steps.note(manager, message.id, { kind: 'held', because: message.heldBecause, until: message.heldUntil });
      }
      const limits = await this.takePlace(manager, decided, message);
      const change = {
        ...toWindowColumns(decided.decision.window, conversation),
        lastSeq: message.seq,
        lastMessageAt: Math.max(conversation.lastMessageAt ?? 0, now),
      };
      await this.outbox.turn(manager, conversation.id, change);
      this.unitOfWork.afterCommit(() => this.dispatcher.wake());
      return { message, conversation: { ...conversation, ...change }, limits };
    });
  }

  /** In the limits, where the message counts towards them: at once, or when one comes free. Returns the limits with it. */
  private async takePlace(manager: EntityManager, { decision, limits }: Decided, message: MessageEntity): Promise<readonly LimitState[]> {
    if (decision.kind === 'hold' && decision.reason === 'rate-limit') {
      await this.places.awaitPlace(manager, limits, decision.until);
    }
    return message.charge === 'rate-limit' ? this.places.take(manager, limits, message.id) : limits.states;
  }
}

/** @throws Problem `request.invalid` for a moment that is over */
export function readValidUntil({ validUntil }: Pick<SendMessage, 'validUntil'>, now: Instant): Instant | null {
  if (validUntil !== undefined && Date.parse(validUntil) <= now) {
    throw new Problem('request.invalid', '/validUntil: is in the past.', {
      errors: [{ pointer: '/validUntil', code: 'in-the-past', detail: `Must be later than now, ${toTimestamp(now)}.` }],
    });
  }
  return validUntil === undefined ? null : Date.parse(validUntil);
}

/** @throws Problem for what is refused */
function stateAfter({ decision, obstacle }: Decided, now: Instant, validUntil: Instant | null): Partial<MessageEntity> & Pick<MessageEntity, 'charge'> {
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
      throw startPermissionChanged();
    default:
      return unreachable(decision);
  }
}
