import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChannelConnection } from '../../channels/channel-connection.service.js';
import { ChannelCredentials } from '../../channels/channel-credentials.service.js';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
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
import type { SentMessage } from '../../x-api/messages-api.js';
import { XApi } from '../../x-api/x-api.service.js';
import { XFailure } from '../../x-api/x-failure.js';
import { AttemptEntity, type AttemptOutcome } from '../message/attempt.entity.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { Conversations } from '../conversation/conversations.service.js';
import { type Departed, Departure } from './departure.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { become, canBecome } from '../message/message-status.js';
import { NO_CLAIM, Outbox } from './outbox.service.js';
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
    private readonly log: Log,
  ) {}

  async send(owner: string, message: MessageEntity): Promise<void> {
    const channel = await this.channels.findById(message.channelId);
    // Opened first: what fails before `sending` is committed is simply tried again.
    const credentials = channel === null ? null : await this.credentials.get(channel.id);
    const conversation = await this.conversations.get(message.team, message.conversationId);
    const departed = await this.departure.prepare(owner, message.id, channel === null ? null : await this.book.partiesOf(channel));
    if (departed === null || channel === null || credentials === null) {
      return;
    }
    try {
      const sent = await this.x
        .messages(channel.messagesApi)
        .sendText(credentials, conversation.participantId, message.content.text);
      await this.settle(message, true, (manager, locked, current) => this.settleSent(manager, locked, current, departed, sent));
    } catch (error) {
      if (!(error instanceof XFailure)) {
        throw error;
      }
      const outcome = classifySendFailure(error);
      await this.settle(message, outcome.kind === 'failed', (manager, locked, current) => this.settleFailure(manager, locked, current, departed, error, outcome));
    }
  }

  /** Writes what X answered, unless X's echo has settled the message meanwhile, or the end of our lease has made it `unknown`: that only a clear answer ends. */
  private async settle(
    message: MessageEntity,
    isClear: boolean,
    write: (manager: EntityManager, conversation: ConversationEntity, current: MessageEntity) => Promise<void>,
  ): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const conversation = await this.conversations.lockById(manager, message.conversationId);
      const current = await manager.findOneByOrFail(MessageEntity, { id: message.id });
      if (current.status === 'sending' || (isClear && canBecome(current.status, 'sent'))) {
        await write(manager, conversation, current);
      }
    });
  }

  private async settleSent(manager: EntityManager, conversation: ConversationEntity, message: MessageEntity, { attempt, parties, charge }: Departed, sent: SentMessage): Promise<void> {
    await this.finish(manager, attempt, 'sent', { status: 200, code: null, detail: '' });
    await this.settlement.markSent(manager, parties.channel, conversation, message, sent);
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
        await this.finish(manager, attempt, 'not-sent', failure.answer);
        await this.places.putBack(manager, message.id);
        const tries = await manager.countBy(AttemptEntity, { messageId: message.id });
        return this.outbox.putBack(manager, message, now + retryDelayMs(tries, this.randomness.fraction()), null);
      }
      case 'rate-limited': {
        await this.finish(manager, attempt, 'not-sent', failure.answer);
        await this.places.putBack(manager, message.id);
        const until = this.stops.stopUntil(await this.book.readSubjects(manager, parties), { id: message.id, charge });
        return this.outbox.putBack(manager, message, Math.max(until ?? 0, now + LOOK_AGAIN_MS), 'rate-limit');
      }
      case 'failed':
        return this.settleFailed(manager, conversation, message, departed, failure, outcome);
      case 'unknown':
        await this.finish(manager, attempt, 'unknown', failure.answer);
        // X may have counted it, so it goes on counting here.
        await this.places.count(manager, message.id, now);
        await manager.update(MessageEntity, { id: message.id }, { status: become(message.status, 'unknown'), ...NO_CLAIM });
        return undefined;
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
    await this.finish(manager, attempt, 'failed', failure.answer);
    if (failure.hasCode(...MAY_NOT_START)) {
      await this.permissions.learn(channel.id, conversation.participantId, 'not-allowed', this.clock.now());
    }
    if (outcome.isChannelAtFault) {
      this.unitOfWork.afterCommit(() => void this.connection.repair(channel.id));
    }
    await this.settlement.markEnded(manager, conversation, message, {
      status: 'failed',
      failure: { code: outcome.code, detail: failure.answer.detail, x: failure.answer },
    });
  }

  private async finish(manager: EntityManager, attempt: AttemptEntity, outcome: AttemptOutcome, answer: XFailure['answer']): Promise<void> {
    await manager.update(
      AttemptEntity,
      { id: attempt.id },
      { outcome, finishedAt: this.clock.now(), xStatus: answer.status, xCode: answer.code, detail: answer.detail === '' ? null : answer.detail },
    );
  }
}
