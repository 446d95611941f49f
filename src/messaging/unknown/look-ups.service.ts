import { Injectable } from '@nestjs/common';
import { Between, type EntityManager, In } from 'typeorm';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { unreachable } from '../../kernel/problem.js';
import type { ConversationEntity } from '../conversation/conversation.entity.js';
import { Conversations } from '../conversation/conversations.service.js';
import { IncomingMessages } from '../incoming/incoming-messages.service.js';
import { AttemptEntity } from '../message/attempt.entity.js';
import { MessageEvents } from '../message/message-events.service.js';
import { MessageEntity } from '../message/message.entity.js';
import type { LookUpResult } from '../message/message-step.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { Dispatcher } from '../outbox/dispatcher.service.js';
import { Settlement } from '../outbox/settlement.service.js';
import { CLOCK_SKEW_MS, TAKEN_WITHIN_MS } from './echo-match.js';
import { afterLookUp } from './look-up-plan.js';
import { type HistoryPart, XHistory } from './x-history.service.js';

/** Most messages of one run; the next one goes on. */
const BATCH = 500;

/** `found`: settled, by this look or by something that was quicker. */
type Outcome = 'found' | 'absent' | 'givenUp' | 'again';
type LookUpCounts = Record<Outcome | 'lookedFor', number>;

/**
 * Looks in X's history for messages of which nobody knows whether X took them: one look for all of an account's, and whatever it has
 * of theirs is recorded as if the webhook had told it. What is not there at the last look was not taken.
 */
@Injectable()
export class LookUps {
  private running: Promise<LookUpCounts> | null = null;

  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly channels: ChannelDirectory,
    private readonly conversations: Conversations,
    private readonly history: XHistory,
    private readonly incoming: IncomingMessages,
    private readonly settlement: Settlement,
    private readonly steps: MessageSteps,
    private readonly messageEvents: MessageEvents,
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
  ) {}

  /** Settles what is due. Returns how many were looked for, and what became of them. */
  run(): Promise<LookUpCounts> {
    // One that takes long is not joined by the next.
    this.running ??= this.settleDue().finally(() => (this.running = null));
    return this.running;
  }

  private async settleDue(): Promise<LookUpCounts> {
    const due = await this.listDue();
    const counts = { lookedFor: due.length, found: 0, absent: 0, givenUp: 0, again: 0 };
    for (const channelId of new Set(due.map((message) => message.channelId))) {
      const ofChannel = due.filter((message) => message.channelId === channelId);
      const history = await this.readFor(channelId, ofChannel);
      for (const { id, conversationId } of ofChannel) {
        counts[await this.settle(id, conversationId, history)] += 1;
      }
    }
    if (due.length > 0) {
      this.dispatcher.wake();
    }
    return counts;
  }

  private async tellOnce(manager: EntityManager, message: MessageEntity): Promise<void> {
    if (message.unknownToldAt === null) {
      await manager.update(MessageEntity, { id: message.id }, { unknownToldAt: this.clock.now() });
      await this.messageEvents.tell(manager, 'message.unknown', [message.id]);
    }
  }

  private listDue(): Promise<MessageEntity[]> {
    return this.reader
      .repository(MessageEntity)
      .createQueryBuilder('message')
      .where('message.lookUpAt <= :now', { now: this.clock.now() })
      .orderBy('message.lookUpAt')
      .limit(BATCH)
      .getMany();
  }

  /** Records what X's history has of these conversations; null when it could not be read. */
  private async readFor(channelId: string, due: readonly MessageEntity[]): Promise<HistoryPart | null> {
    const channel = await this.channels.findById(channelId);
    if (channel === null) {
      return null;
    }
    const attempts = await this.reader.repository(AttemptEntity).findBy({ messageId: In(due.map(({ id }) => id)), outcome: 'unknown' });
    const since = Math.min(...attempts.map(({ startedAt }) => startedAt)) - CLOCK_SKEW_MS;
    const part = await this.history.readBack(channel, since);
    if (part !== null) {
      const participants = await this.conversations.participantsOf(due.map(({ conversationId }) => conversationId));
      // In X's order, as the webhook would have told them.
      const told = part.messages.filter(({ senderId, recipientId }) => senderId === channel.accountId && participants.has(recipientId)).reverse();
      for (const message of told) {
        await this.incoming.record(channel, message, new Map(), 'look-up');
      }
    }
    return part;
  }

  private async settle(id: string, conversationId: string, history: HistoryPart | null): Promise<Outcome> {
    return this.unitOfWork.run(async (manager) => {
      const conversation = await this.conversations.lockById(manager, conversationId);
      const message = await manager.findOneByOrFail(MessageEntity, { id });
      if (message.status !== 'unknown') {
        return 'found';
      }
      return this.goOn(manager, conversation, message, await this.resultOf(manager, message, history));
    });
  }

  private async resultOf(manager: EntityManager, message: MessageEntity, history: HistoryPart | null): Promise<LookUpResult> {
    const attempt = await manager.findOneBy(AttemptEntity, { messageId: message.id, outcome: 'unknown' });
    const since = (attempt?.startedAt ?? message.createdAt) - CLOCK_SKEW_MS;
    if (history === null || (history.backTo > since && history.endedBy === 'budget')) {
      return 'unavailable';
    }
    return history.backTo > since || (await this.couldBeAnother(manager, message)) ? 'unclear' : 'absent';
  }

  /** X told of a message of the same words that could be this one or another. */
  private couldBeAnother(manager: EntityManager, message: MessageEntity): Promise<boolean> {
    const { conversationId, textFingerprint } = message;
    const handedOverAt = message.unknownAt ?? message.createdAt;
    const xCreatedAt = Between(handedOverAt - TAKEN_WITHIN_MS - CLOCK_SKEW_MS, handedOverAt + TAKEN_WITHIN_MS);
    return manager.existsBy(MessageEntity, { conversationId, textFingerprint, source: 'elsewhere', xCreatedAt });
  }

  private async goOn(manager: EntityManager, conversation: ConversationEntity, message: MessageEntity, result: LookUpResult): Promise<Outcome> {
    const unknownAt: Instant = message.unknownAt ?? this.clock.now();
    const lookUps = message.lookUps + (result === 'unavailable' ? 0 : 1);
    const next = afterLookUp(result, lookUps, unknownAt, this.clock.now());
    // Looks that come to the same each minute are told once.
    if (result !== 'unavailable' || message.unknownToldAt === null) {
      await this.steps.note(manager, message.id, { kind: 'looked-up', result });
    }
    switch (next.kind) {
      case 'again':
        await manager.update(MessageEntity, { id: message.id }, { lookUps, lookUpAt: next.at });
        await (next.isTold ? this.tellOnce(manager, message) : undefined);
        return 'again';
      case 'absent': {
        await manager.update(MessageEntity, { id: message.id }, { lookUps });
        const failure = { code: 'message.not-found-at-x', detail: 'X gave no clear answer to the send, and its history does not have the message.', x: null };
        await this.settlement.markEnded(manager, conversation, message, { status: 'failed', failure }, 'look-up');
        return 'absent';
      }
      case 'give-up':
        await manager.update(MessageEntity, { id: message.id }, { lookUps, lookUpAt: null });
        await this.tellOnce(manager, message);
        return 'givenUp';
      default:
        return unreachable(next);
    }
  }
}
