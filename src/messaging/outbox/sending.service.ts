import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChannelConnection } from '../../channels/channel-connection.service.js';
import { ChannelCredentials } from '../../channels/channel-credentials.service.js';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { findRow } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { unreachable } from '../../kernel/problem.js';
import { LimitBook } from '../../rate-policy/limit-book.service.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { SendStops } from '../../rate-policy/send-stops.service.js';
import { StartPermissions } from '../../rate-policy/start-permissions.service.js';
import { timeOfSend } from '../../rate-policy/time-of-send.js';
import { Log } from '../../runtime/log.service.js';
import { Randomness } from '../../runtime/randomness.service.js';
import { Timers } from '../../runtime/timers.service.js';
import type { SentMessage } from '../../x-api/messages-api.js';
import { XApi } from '../../x-api/x-api.service.js';
import { XFailure } from '../../x-api/x-failure.js';
import { AttemptEntity } from '../message/attempt.entity.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { Conversations } from '../conversation/conversations.service.js';
import { type Departed, Departure } from './departure.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { canBecome } from '../message/message-status.js';
import type { Claim } from './claim.js';
import { Outbox } from './outbox.service.js';
import { classifySendFailure, retryDelayMs, type SendFailure } from './send-outcome.js';
import { Settlement } from './settlement.service.js';

/** A reset that our clock has passed already would have us ask again at once, and again. */
const LOOK_AGAIN_MS = 5 * SECOND_MS;
/** X does not let the account write to this participant: it follows no more, blocks, or takes no messages. */
const MAY_NOT_START = [150, 349];

/**
 * Hands one claimed message to X, at most once.
 * `sending` and the attempt are committed before the first byte leaves; after it, only a clear answer of X decides.
 */
@Injectable()
export class Sending {
  constructor(
    private readonly x: XApi,
    private readonly channels: ChannelDirectory,
    private readonly connection: ChannelConnection,
    private readonly credentials: ChannelCredentials,
    private readonly conversations: Conversations,
    private readonly departure: Departure,
    private readonly outbox: Outbox,
    private readonly settlement: Settlement,
    private readonly book: LimitBook,
    private readonly places: LimitPlaces,
    private readonly stops: SendStops,
    private readonly permissions: StartPermissions,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    private readonly timers: Timers,
    private readonly log: Log,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
  ) {}

  /** `whenAnswered` is called once, as soon as X is not kept busy by the message any more; what became of it is settled after that. */
  async send(claim: Claim, whenAnswered: () => void = () => undefined): Promise<void> {
    const isInTime = this.startDeadline();
    const channel = await this.channels.findById(claim.channelId);
    // Opened first: what fails before `sending` is committed is simply tried again.
    const credentials = channel === null ? null : await this.credentials.get(channel.id);
    const departed = await this.departure.prepare(claim, channel === null ? null : await this.book.partiesOf(channel));
    if (departed === null || channel === null || credentials === null) {
      return;
    }
    const { message, participantId } = departed;
    try {
      const sent = await this.x.messages(channel.messagesApi).sendText(credentials, participantId, message.content.text, isInTime).finally(whenAnswered);
      await this.settle(message, true, (manager, locked, current) => this.settleSent(manager, locked, current, departed, sent));
    } catch (error) {
      if (!(error instanceof XFailure)) {
        throw error;
      }
      const outcome = classifySendFailure(error);
      await this.settle(message, outcome.kind === 'failed', (manager, locked, current) => this.settleFailure(manager, locked, current, departed, error, outcome));
    }
  }

  /**
   * Whether the call may still begin. A process that was frozen after the claim must not write its bytes when it wakes: others have
   * taken the message for unknown by then. What is left of the lease is enough for the call to end in it.
   */
  private startDeadline(): () => boolean {
    const latest = this.timers.monotonicMs() + this.settings.leaseMs / 3;
    return () => this.timers.monotonicMs() <= latest;
  }

  /** Writes what X answered, unless X's echo has settled the message meanwhile, or the end of our lease has made it `unknown`: that only a clear answer ends. */
  private async settle(
    message: MessageEntity,
    isClear: boolean,
    write: (manager: EntityManager, conversation: ConversationEntity, current: MessageEntity) => Promise<void>,
  ): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const conversation = await this.conversations.lockById(manager, message.conversationId);
      const current = await findRow(manager, MessageEntity, { id: message.id });
      if (current === null) {
        return;
      }
      if (current.status === 'sending' || (isClear && canBecome(current.status, 'sent'))) {
        await write(manager, conversation, current);
      }
    }, true);
  }

  private async settleSent(manager: EntityManager, conversation: ConversationEntity, message: MessageEntity, { attempt, parties, charge }: Departed, sent: SentMessage): Promise<void> {
    await this.settlement.finishAttempt(manager, attempt.id, 'sent', { status: 200, code: null });
    await this.settlement.markSent(manager, parties.channel, conversation, message, sent, 'answer');
    const at = timeOfSend(sent.createdAt, attempt.startedAt, this.clock.now());
    await this.stops.learn(parties, message.id, { limits: sent.limits, isRefused: false, charge, at });
  }

  private async settleFailure(manager: EntityManager, conversation: ConversationEntity, message: MessageEntity, departed: Departed, failure: XFailure, outcome: SendFailure): Promise<void> {
    const now = this.clock.now();
    const { attempt, parties, charge } = departed;
    this.log.warn('X did not confirm a message', { messageId: message.id, outcome: outcome.kind, xStatus: failure.answer.status, xCode: failure.answer.code });
    if (failure.kind === 'answered') {
      await this.stops.learn(parties, message.id, { limits: failure.limits, isRefused: outcome.kind === 'rate-limited', charge, at: now });
    }
    switch (outcome.kind) {
      case 'retry': {
        await this.settlement.finishAttempt(manager, attempt.id, 'not-sent', failure.answer);
        await this.places.putBack(manager, message.id);
        const tries = await manager.countBy(AttemptEntity, { messageId: message.id });
        return this.outbox.putBack(manager, message, now + retryDelayMs(tries, this.randomness.fraction()), null);
      }
      case 'rate-limited': {
        await this.settlement.finishAttempt(manager, attempt.id, 'not-sent', failure.answer);
        await this.places.putBack(manager, message.id);
        const until = this.stops.stopUntil(await this.book.readSubjects(manager, parties), { id: message.id, charge });
        return this.outbox.putBack(manager, message, Math.max(until ?? 0, now + LOOK_AGAIN_MS), 'rate-limit');
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
    await this.settlement.finishAttempt(manager, attempt.id, 'failed', failure.answer);
    if (failure.hasCode(...MAY_NOT_START)) {
      await this.permissions.learn(channel.id, conversation.participantId, 'not-allowed', this.clock.now());
    }
    if (outcome.isChannelAtFault) {
      this.unitOfWork.afterCommit(() => void this.connection.repair(channel.id));
    }
    await this.settlement.markEnded(manager, conversation, message, {
      status: 'failed',
      failure: { code: outcome.code, detail: failure.answer.detail, x: failure.answer },
    }, 'answer');
  }
}
