import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Channel } from '../channels/channel.js';
import { ChannelConnection } from '../channels/channel-connection.service.js';
import { ChannelCredentials } from '../channels/channel-credentials.service.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { MINUTE_MS, SECOND_MS } from '../kernel/duration.js';
import { unreachable } from '../kernel/problem.js';
import { Ids } from '../runtime/ids.service.js';
import { Log } from '../runtime/log.service.js';
import { Randomness } from '../runtime/randomness.service.js';
import type { SentMessage } from '../x-api/messages-api.js';
import { XApi } from '../x-api/x-api.service.js';
import { XFailure } from '../x-api/x-failure.js';
import { AttemptEntity, type AttemptOutcome } from './attempt.entity.js';
import { ConversationEntity } from './conversation.entity.js';
import { Conversations, toWindowColumns, windowOf } from './conversations.service.js';
import { MessageEntity } from './message.entity.js';
import { become, canBecome, type HeldBecause } from './message-status.js';
import { Outbox } from './outbox.service.js';
import { classifySendFailure, retryDelayMs, type SendFailure } from './send-outcome.js';
import { Settlement } from './settlement.service.js';
import { WindowCharges } from './window-charges.service.js';

/** How often we look whether an operator has ended what holds a channel's messages. */
const LOOK_AGAIN_MS = 5 * SECOND_MS;
/** X's shorter windows last this long; for a 429 that names no reset. */
const LIMIT_RESET_MS = 15 * MINUTE_MS;

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
    private readonly outbox: Outbox,
    private readonly settlement: Settlement,
    private readonly charges: WindowCharges,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly randomness: Randomness,
    private readonly log: Log,
  ) {}

  async send(owner: string, message: MessageEntity): Promise<void> {
    const channel = await this.channels.findById(message.channelId);
    // Opened first: what fails before `sending` is committed is simply tried again.
    const credentials = channel === null ? null : await this.credentials.get(channel.id);
    const conversation = await this.conversations.get(message.team, message.conversationId);
    const attempt = await this.unitOfWork.run((manager) => this.prepare(manager, owner, message.id, channel));
    if (attempt === null || channel === null || credentials === null) {
      return;
    }
    try {
      const sent = await this.x
        .messages(channel.messagesApi)
        .sendText(credentials, conversation.participantId, message.content.text);
      await this.settle(message, true, (manager, locked, current) => this.settleSent(manager, channel, locked, current, attempt, sent));
    } catch (error) {
      if (!(error instanceof XFailure)) {
        throw error;
      }
      const outcome = classifySendFailure(error);
      await this.settle(message, outcome.kind === 'failed', (manager, locked, current) => this.settleFailure(manager, channel, locked, current, attempt, error, outcome));
    }
  }

  /** Everything before the first byte. Null: the message is not to be sent now, and says why. */
  private async prepare(manager: EntityManager, owner: string, messageId: string, channel: Channel | null): Promise<AttemptEntity | null> {
    const claimed = await manager.findOneByOrFail(MessageEntity, { id: messageId });
    const conversation = await this.conversations.lockById(manager, claimed.conversationId);
    const message = await this.outbox.isOurs(manager, owner, messageId);
    if (message === null) {
      return null;
    }
    const now = this.clock.now();
    if (message.validUntil !== null && message.validUntil <= now) {
      await this.settlement.markEnded(manager, conversation, message, { status: 'expired' });
      return null;
    }
    if (channel === null) {
      await this.fail(manager, conversation, message, 'channel.not-found', 'The channel was deleted before the message was sent.');
      return null;
    }
    const obstacle = obstacleOf(channel);
    if (obstacle !== null) {
      await this.outbox.putBack(manager, message, now + LOOK_AGAIN_MS, obstacle);
      return null;
    }
    return (await this.recharge(manager, channel, conversation, message)) ? this.begin(manager, message, now) : null;
  }

  /** The charge of a message is settled when it leaves: its window may have closed, or a new one opened, since it was accepted. */
  private async recharge(manager: EntityManager, channel: Channel, conversation: ConversationEntity, message: MessageEntity): Promise<boolean> {
    const decision = this.charges.decideAnew(channel, windowOf(conversation), message);
    await manager.update(ConversationEntity, { id: conversation.id }, toWindowColumns(decision.window, conversation));
    switch (decision.kind) {
      case 'send': {
        const chargedWindow = decision.charge === 'reply' ? decision.window.openedAt : null;
        await manager.update(MessageEntity, { id: message.id }, { charge: decision.charge, chargedWindow, heldBecause: null, heldUntil: null });
        return true;
      }
      case 'hold':
        await manager.update(
          MessageEntity,
          { id: message.id },
          { status: become(message.status, 'held'), charge: null, chargedWindow: null, heldBecause: decision.reason, heldUntil: message.validUntil, nextAttemptAt: null, claimedBy: null, claimedUntil: null },
        );
        return false;
      case 'refuse':
        await this.fail(manager, { ...conversation, ...toWindowColumns(decision.window, conversation) }, { ...message, chargedWindow: null }, `message.${decision.reason}`, 'The reply window closed before the message could be sent.');
        return false;
      default:
        return unreachable(decision);
    }
  }

  private async begin(manager: EntityManager, message: MessageEntity, now: Instant): Promise<AttemptEntity> {
    const attempt = Object.assign(new AttemptEntity(), {
      id: this.ids.create('att'),
      messageId: message.id,
      startedAt: now,
      finishedAt: null,
      outcome: 'in-flight' as const,
      xStatus: null,
      xCode: null,
      detail: null,
    });
    await manager.insert(AttemptEntity, attempt);
    await manager.update(MessageEntity, { id: message.id }, { status: become(message.status, 'sending') });
    return attempt;
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

  private async settleSent(manager: EntityManager, channel: Channel, conversation: ConversationEntity, message: MessageEntity, attempt: AttemptEntity, sent: SentMessage): Promise<void> {
    await this.finish(manager, attempt, 'sent', { status: 200, code: null, detail: '' });
    await this.settlement.markSent(manager, channel, conversation, message, sent);
  }

  private async settleFailure(manager: EntityManager, channel: Channel, conversation: ConversationEntity, message: MessageEntity, attempt: AttemptEntity, failure: XFailure, outcome: SendFailure): Promise<void> {
    const now = this.clock.now();
    this.log.warn('X did not confirm a message', { messageId: message.id, outcome: outcome.kind, xStatus: failure.answer.status, xCode: failure.answer.code });
    switch (outcome.kind) {
      case 'retry': {
        await this.finish(manager, attempt, 'not-sent', failure.answer);
        const tries = await manager.countBy(AttemptEntity, { messageId: message.id });
        return this.outbox.putBack(manager, message, now + retryDelayMs(tries, this.randomness.fraction()), null);
      }
      case 'rate-limited':
        await this.finish(manager, attempt, 'not-sent', failure.answer);
        // A reset that our clock has passed already would have us ask again at once, and again.
        return this.outbox.putBack(manager, message, Math.max(outcome.resetsAt ?? now + LIMIT_RESET_MS, now + LOOK_AGAIN_MS), 'rate-limit');
      case 'failed':
        await this.finish(manager, attempt, 'failed', failure.answer);
        if (outcome.isChannelAtFault) {
          this.unitOfWork.afterCommit(() => void this.connection.repair(channel.id));
        }
        return this.settlement.markEnded(manager, conversation, message, {
          status: 'failed',
          failure: { code: outcome.code, detail: failure.answer.detail, x: failure.answer },
        });
      case 'unknown':
        await this.finish(manager, attempt, 'unknown', failure.answer);
        await manager.update(MessageEntity, { id: message.id }, { status: become(message.status, 'unknown'), claimedBy: null, claimedUntil: null });
        return undefined;
      default:
        return unreachable(outcome);
    }
  }

  private fail(manager: EntityManager, conversation: ConversationEntity, message: MessageEntity, code: string, detail: string): Promise<void> {
    return this.settlement.markEnded(manager, conversation, message, { status: 'failed', failure: { code, detail, x: null } });
  }

  private async finish(manager: EntityManager, attempt: AttemptEntity, outcome: AttemptOutcome, answer: XFailure['answer']): Promise<void> {
    await manager.update(
      AttemptEntity,
      { id: attempt.id },
      { outcome, finishedAt: this.clock.now(), xStatus: answer.status, xCode: answer.code, detail: answer.detail === '' ? null : answer.detail },
    );
  }
}

function obstacleOf(channel: Channel): HeldBecause | null {
  if (channel.isPaused) {
    return 'channel-paused';
  }
  return channel.connection === 'revoked' ? 'channel-revoked' : null;
}
