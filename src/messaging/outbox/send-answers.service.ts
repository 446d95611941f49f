import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChannelConnection } from '../../channels/connection/channel-connection.service.js';
import { ChannelCredits } from '../../channels/credits/channel-credits.service.js';
import { toXProblem } from '../../channels/x-problem.js';
import type { RowWrites } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { type Problem, unreachable } from '../../kernel/problem.js';
import type { KnownLimits } from '../../rate-policy/known-limits.service.js';
import { inOrderOfApps } from '../../rate-policy/limit-book.service.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { SendStops } from '../../rate-policy/send-stops.service.js';
import { StartPermissions } from '../../rate-policy/start-permissions.service.js';
import { timeOfSend } from '../../rate-policy/time-of-send.js';
import { Log } from '../../runtime/log.service.js';
import { Randomness } from '../../runtime/randomness.service.js';
import type { SentMessage } from '../../x-api/messages-api.js';
import { XFailure } from '../../x-api/x-failure.js';
import type { ConversationEntity } from '../conversation/conversation.entity.js';
import { AttemptEntity } from '../message/attempt.entity.js';
import type { MessageEntity } from '../message/message.entity.js';
import { canBecome } from '../message/message-status.js';
import type { Departed } from './departure.service.js';
import type { LockedRows } from './locked-rows.service.js';
import { Outbox } from './outbox.service.js';
import { classifySendFailure, retryDelayMs, type SendFailure } from './send-outcome.js';
import { Settlement, type TakenMessage } from './settlement.service.js';

/** A reset that our clock has passed already would have us ask again at once, and again. */
const LOOK_AGAIN_MS = 5 * SECOND_MS;
/** X does not let the account write to this participant: it follows no more, blocks, or takes no messages. */
const MAY_NOT_START = [150, 349];

/** What X said of a message that was handed to it, or how far the call got. */
export interface Answered {
  departed: Departed;
  answer: SentMessage | XFailure;
}

/** What X's answers to sends mean for the messages, and for the sends after them. */
@Injectable()
export class SendAnswers {
  constructor(
    private readonly connection: ChannelConnection,
    private readonly credits: ChannelCredits,
    private readonly outbox: Outbox,
    private readonly settlement: Settlement,
    private readonly places: LimitPlaces,
    private readonly stops: SendStops,
    private readonly permissions: StartPermissions,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    private readonly log: Log,
  ) {}

  /** Writes what X answered, unless X's echo has settled the message meanwhile, or the end of our lease has made it `unknown`: that only a clear answer ends. */
  async settle(writes: RowWrites, { conversations, messages, limits, copies }: LockedRows, answered: readonly Answered[]): Promise<void> {
    const taken: (TakenMessage & { departed: Departed })[] = [];
    for (const { departed, answer } of inOrderOfApps(answered.map((one) => ({ ...one, parties: one.departed.parties })))) {
      const conversation = conversations.get(departed.message.conversationId);
      const message = messages.get(departed.message.id);
      if (conversation === undefined || message === undefined) {
        continue;
      }
      if (answer instanceof XFailure) {
        await this.settleFailure(writes.manager, limits, conversation, message, departed, answer);
      } else if (canBeSettled(message, true)) {
        taken.push({ channel: departed.parties.channel, conversation, message, sent: answer, departed });
      }
    }
    this.settlement.finishAttempts(writes, taken.map(({ departed: { attempt } }) => ({ id: attempt.id, outcome: 'sent', answer: { status: 200, code: null } })));
    await this.settlement.markSent(writes, taken, copies.filter(({ xMessageId }) => taken.some(({ sent }) => sent.xMessageId === xMessageId)), 'answer');
    for (const { departed: { attempt, parties, charge }, message, sent } of taken) {
      const at = timeOfSend(sent.createdAt, attempt.startedAt, this.clock.now());
      await this.stops.learn(limits, parties, message.id, { limits: sent.limits, isRefused: false, charge, at });
    }
    for (const { departed, channel } of taken.filter(isCreditTry)) {
      await this.credits.noteTaken(channel.id, { by: 'send', messageId: departed.message.id });
    }
  }

  private async settleFailure(manager: EntityManager, limits: KnownLimits, conversation: ConversationEntity, message: MessageEntity, departed: Departed, failure: XFailure): Promise<void> {
    const now = this.clock.now();
    const { attempt, parties, charge } = departed;
    const outcome = classifySendFailure(failure);
    if (isCreditTry({ departed }) && outcome.kind !== 'credits-depleted') {
      await this.credits.endProbe(parties.channel.id, message.id, outcome.kind === 'failed');
    }
    if (!canBeSettled(message, outcome.kind === 'failed')) {
      return;
    }
    this.log.warn('X did not confirm a message', { messageId: message.id, outcome: outcome.kind, xStatus: failure.answer.status, xCode: failure.answer.code });
    if (failure.kind === 'answered') {
      await this.stops.learn(limits, parties, message.id, { limits: failure.limits, isRefused: outcome.kind === 'rate-limited', charge, at: now });
    }
    switch (outcome.kind) {
      case 'retry': {
        await this.settlement.finishAttempt(manager, message, attempt, 'not-sent', failure.answer);
        await this.places.putBack(manager, message.id);
        const tries = await manager.countBy(AttemptEntity, { messageId: message.id });
        return this.outbox.putBack(manager, message, now + retryDelayMs(tries, this.randomness.fraction()), null);
      }
      case 'rate-limited': {
        await this.settlement.finishAttempt(manager, message, attempt, 'not-sent', failure.answer);
        await this.places.putBack(manager, message.id);
        const until = this.stops.stopUntil(await limits.readSubjects(parties), { id: message.id, charge });
        return this.outbox.putBack(manager, message, Math.max(until ?? 0, now + LOOK_AGAIN_MS), 'rate-limit');
      }
      case 'channel-refused': {
        await this.settlement.finishAttempt(manager, message, attempt, 'not-sent', failure.answer);
        await this.places.putBack(manager, message.id);
        await this.connection.markRevoked(parties.channel.id, toXProblem(failure) as Problem);
        return this.outbox.putBack(manager, message, now + LOOK_AGAIN_MS, 'channel-revoked');
      }
      case 'credits-depleted': {
        await this.settlement.finishAttempt(manager, message, attempt, 'not-sent', failure.answer);
        await this.places.putBack(manager, message.id);
        const stop = await this.credits.noteRefusal(parties.channel.id, { by: 'send', messageId: message.id }, failure);
        // One that only tried again has been told of.
        return this.outbox.putBack(manager, { ...message, heldBecause: departed.message.heldBecause }, stop?.retryAt ?? now + LOOK_AGAIN_MS, 'credits-depleted');
      }
      case 'failed':
        return this.settleFailed(manager, conversation, message, departed, failure, outcome);
      case 'unknown':
        return this.settlement.markUnknown(manager, parties.channel, message, failure.answer);
      default:
        return unreachable(outcome);
    }
  }

  private async settleFailed(
    manager: EntityManager,
    conversation: ConversationEntity,
    message: MessageEntity,
    { attempt, parties: { channel } }: Departed,
    failure: XFailure,
    outcome: Extract<SendFailure, { kind: 'failed' }>,
  ): Promise<void> {
    await this.settlement.finishAttempt(manager, message, attempt, 'failed', failure.answer);
    if (failure.hasCode(...MAY_NOT_START)) {
      await this.permissions.learn(channel.id, conversation.participantId, 'not-allowed', this.clock.now());
    }
    if (outcome.isChannelAtFault) {
      this.unitOfWork.afterCommit(() => void this.connection.checkAfterFault(channel.id));
    }
    await this.settlement.markEnded(manager, conversation, message, {
      status: 'failed',
      failure: { code: outcome.code, detail: failure.answer.detail, x: failure.answer },
    }, 'answer');
  }
}

/** It left to try whether there are credits again, or with those that follow such a one. */
function isCreditTry({ departed }: { departed: Departed }): boolean {
  return departed.message.heldBecause === 'credits-depleted';
}

/** X's echo or the end of our lease may have been quicker; then only a clear answer still says something. */
function canBeSettled({ status }: MessageEntity, isClear: boolean): boolean {
  return status === 'sending' || (isClear && canBecome(status, 'sent'));
}
