import { Injectable } from '@nestjs/common';
import type { Channel } from '../channels/channel.js';
import { ChannelCredentials } from '../channels/channel-credentials.service.js';
import { toXProblem } from '../channels/x-problem.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, toTimestamp } from '../kernel/clock.js';
import { Problem } from '../kernel/problem.js';
import type { SendDecision } from '../rate-policy/send-decision.js';
import { Ids } from '../runtime/ids.service.js';
import { XApi } from '../x-api/x-api.service.js';
import { ConversationEntity } from './conversation.entity.js';
import { Conversations, type Participant, toWindowColumns, windowOf } from './conversations.service.js';
import { Dispatcher } from './dispatcher.service.js';
import type { SendMessage } from './message.dto.js';
import { MessageEntity } from './message.entity.js';
import { normaliseForEcho } from './message-content.js';
import { WindowCharges } from './window-charges.service.js';

export interface AcceptedMessage {
  message: MessageEntity;
  conversation: ConversationEntity;
}

/** Accepts messages to send: the decision, what it takes of the window, and the message are written together. */
@Injectable()
export class OutgoingMessages {
  constructor(
    private readonly x: XApi,
    private readonly credentials: ChannelCredentials,
    private readonly conversations: Conversations,
    private readonly charges: WindowCharges,
    private readonly dispatcher: Dispatcher,
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

  /** @throws Problem `message.window-closed`, `message.allotment-used`, `request.invalid`; nothing is stored then */
  async accept(channel: Channel, participant: Participant, wanted: SendMessage): Promise<AcceptedMessage> {
    const now = this.clock.now();
    const validUntil = wanted.validUntil === undefined ? null : Date.parse(wanted.validUntil);
    if (validUntil !== null && validUntil <= now) {
      throw new Problem('request.invalid', '/validUntil: is in the past.', {
        errors: [{ pointer: '/validUntil', code: 'in-the-past', detail: `Must be later than now, ${toTimestamp(now)}.` }],
      });
    }
    return this.unitOfWork.run(async (manager) => {
      const conversation = await this.conversations.lock(channel, participant);
      const decision = this.charges.decide(channel, windowOf(conversation), wanted.beyondAllotment ?? null);
      if (decision.kind === 'refuse') {
        throw refusal(decision.reason);
      }
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
        beyondAllotment: wanted.beyondAllotment ?? null,
        validUntil,
        createdAt: now,
        ...stateAfter(decision, now, validUntil),
      } satisfies Partial<MessageEntity>);
      await manager.insert(MessageEntity, message);
      const change = {
        ...toWindowColumns(decision.window, conversation),
        lastSeq: message.seq,
        lastMessageAt: Math.max(conversation.lastMessageAt ?? 0, now),
      };
      await manager.update(ConversationEntity, { id: conversation.id }, change);
      this.unitOfWork.afterCommit(() => this.dispatcher.wake());
      return { message, conversation: { ...conversation, ...change } };
    });
  }
}

type Accepted = Exclude<SendDecision, { kind: 'refuse' }>;

function stateAfter(decision: Accepted, now: number, validUntil: number | null): Partial<MessageEntity> {
  if (decision.kind === 'hold') {
    // No time of ours ends it: an inbound message does, or `validUntil`.
    return { status: 'held', charge: null, chargedWindow: null, heldBecause: decision.reason, heldUntil: validUntil, nextAttemptAt: null };
  }
  const chargedWindow = decision.charge === 'reply' ? decision.window.openedAt : null;
  return { status: 'queued', charge: decision.charge, chargedWindow, heldBecause: null, heldUntil: null, nextAttemptAt: now };
}

function refusal(reason: 'window-closed' | 'allotment-used'): Problem {
  return reason === 'window-closed'
    ? new Problem('message.window-closed', 'The participant wrote nothing within the last 24 hours, and this send is not to count towards the rate limit.')
    : new Problem('message.allotment-used', 'The free replies of this reply window are used, and this send is not to count towards the rate limit.');
}
