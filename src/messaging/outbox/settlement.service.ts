import { Injectable } from '@nestjs/common';
import { type EntityManager, In, IsNull } from 'typeorm';
import { type TeamEvent, TeamEvents } from '../../callbacks/event/team-events.service.js';
import type { Channel } from '../../channels/channel.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { findRows, RowWrites } from '../../database/rows.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import type { XAnswer } from '../../kernel/problem.js';
import { compareXIds } from '../../kernel/x-id.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { giveBackReply } from '../../rate-policy/reply-window.js';
import type { SentMessage } from '../../x-api/messages-api.js';
import type { ConversationEntity } from '../conversation/conversation.entity.js';
import { toWindowColumns, windowOf } from '../conversation/conversations.service.js';
import { AttemptEntity, type AttemptOutcome, type SettledBy } from '../message/attempt.entity.js';
import { MessageEvents } from '../message/message-events.service.js';
import { MessageEntity, type MessageFailure } from '../message/message.entity.js';
import { become } from '../message/message-status.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { firstLookUpAt } from '../unknown/look-up-plan.js';
import { type SettledCharge, WindowCharges } from '../window/window-charges.service.js';
import { Outbox } from './outbox.service.js';
import { SentUsage } from './sent-usage.service.js';

/** What X said of an attempt, as far as it said anything. */
export type AttemptAnswer = Partial<XAnswer>;

/** A message that X has taken, with the conversation as it stands. */
export interface TakenMessage {
  channel: Channel;
  conversation: ConversationEntity;
  message: MessageEntity;
  sent: SentMessage;
}

/** The ends of a message and of its attempts, each with what it means for the reply window, the limits and the queue. Called under the conversation's lock. */
@Injectable()
export class Settlement {
  constructor(
    private readonly outbox: Outbox,
    private readonly charges: WindowCharges,
    private readonly places: LimitPlaces,
    private readonly usage: SentUsage,
    private readonly steps: MessageSteps,
    private readonly events: MessageEvents,
    private readonly teamEvents: TeamEvents,
    private readonly clock: Clock,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
  ) {}

  /**
   * X has taken them. Their charges are now facts, by X's times of them. `conversation` is one and the same for all of its messages.
   * `copies` are messages with X's ids of these that were not known as ours when its echo came before its answer.
   */
  async markSent(writes: RowWrites, taken: readonly TakenMessage[], copies: readonly MessageEntity[], by: SettledBy): Promise<void> {
    const { manager } = writes;
    if (copies.length > 0) {
      await manager.delete(MessageEntity, { id: In(copies.map(({ id }) => id)) });
    }
    const late: TakenMessage[] = [];
    const news: TakenMessage[] = [];
    for (const one of taken) {
      const { conversation, message, sent } = one;
      if (message.status !== 'sent' && message.status !== 'read') {
        news.push(one);
      }
      await (message.status === 'failed' ? this.usage.countLastAgain(manager, message) : undefined);
      const settled = await this.settleCharge(manager, one);
      await this.settleAttempt(manager, message.id, 'sent', by);
      Object.assign(message, this.statusAfter(one), { xMessageId: sent.xMessageId, xCreatedAt: sent.createdAt, sentAt: sent.createdAt, failure: null, charge: settled.charge, chargedWindow: settled.chargedWindow, ...NOTHING_TO_COME });
      if (conversation.windowOpenedAt !== null && this.timeOf(sent) < conversation.windowOpenedAt) {
        late.push(one);
      }
      Object.assign(conversation, toWindowColumns(settled.window, conversation), { lastMessageAt: Math.max(conversation.lastMessageAt ?? 0, sent.createdAt) });
    }
    writes.update(MessageEntity, taken.map(({ message }) => message), ['status', 'readAt', 'xMessageId', 'xCreatedAt', 'sentAt', 'failure', 'charge', 'chargedWindow', 'nextAttemptAt', 'lookUpAt', 'blocksUntil']);
    if (late.length > 0) {
      await writes.flush();
      for (const { channel, conversation, sent } of late) {
        // The participant has written again since: what it cost is decided in the window of its own time.
        await this.charges.chargeAround(manager, channel, conversation.id, this.timeOf(sent));
      }
      await this.readCharges(manager, late);
    }
    await this.tellSent(writes, news);
    this.outbox.turn(writes, [...new Set(taken.map(({ conversation }) => conversation))], ['windowOpenedAt', 'windowUsed', 'windowClosedAt', 'lastMessageAt']);
  }

  /** What the window of their own time made of them. */
  private async readCharges(manager: EntityManager, late: readonly TakenMessage[]): Promise<void> {
    const rows = await findRows(manager, MessageEntity, late.map(({ message: { id } }) => ({ id })));
    late.forEach(({ message }) => Object.assign(message, { charge: rows.find(({ id }) => id === message.id)?.charge ?? message.charge }));
  }

  private async tellSent(writes: RowWrites, news: readonly TakenMessage[]): Promise<void> {
    const events = news.flatMap(({ channel, conversation, message, sent }) => {
      const of = (type: 'message.sent' | 'message.read', at: Instant): TeamEvent => this.events.of(type, message, conversation, channel, at);
      return [of('message.sent', sent.createdAt), ...(message.status === 'read' ? [of('message.read', message.readAt ?? sent.createdAt)] : [])];
    });
    await this.teamEvents.tell(events, writes);
  }

  /** What it costs now that X's time of it is known, in the log of the limits too. */
  private async settleCharge(manager: EntityManager, { channel, conversation, message, sent }: TakenMessage): Promise<SettledCharge> {
    const at = this.timeOf(sent);
    const settled = this.charges.settle(channel, windowOf(conversation), message, at);
    if (message.charge !== 'reply' || settled.charge !== 'reply') {
      await this.places.settle(manager, channel, message.id, settled.charge, at);
    }
    if (settled.charge !== message.charge) {
      await this.steps.note(manager, message.id, { kind: 'charged', charge: settled.charge });
    }
    return settled;
  }

  /** A caller may have said before X that it is sent, and the participant may have read it before we know. */
  private statusAfter({ conversation, message: { status, readAt }, sent }: TakenMessage): Pick<MessageEntity, 'status' | 'readAt'> {
    if (status === 'sent' || status === 'read') {
      return { status, readAt };
    }
    const isRead = conversation.readUpTo !== null && compareXIds(sent.xMessageId, conversation.readUpTo) <= 0;
    return isRead ? { status: become(become(status, 'sent'), 'read'), readAt: conversation.readAt } : { status: become(status, 'sent'), readAt };
  }

  /** A time in the future counts as now. */
  private timeOf(sent: SentMessage): Instant {
    return Math.min(sent.createdAt, this.clock.now());
  }

  /** Somebody who knows says that X took it, and X has not told of it. It keeps the charge that it was handed over with. */
  async markSentUnseen(manager: EntityManager, message: MessageEntity, by: SettledBy): Promise<void> {
    await this.settleAttempt(manager, message.id, 'sent', by);
    await manager.update(MessageEntity, { id: message.id }, { status: become(message.status, 'sent'), sentAt: message.unknownAt, ...NOTHING_TO_COME });
    await this.events.tell(manager, 'message.sent', [message.id]);
    await this.outbox.turnNow(manager, message.conversationId);
  }

  /** X definitely did not take it, or it is not going there any more: what it used of the window or the limits is given back. */
  async markEnded(
    manager: EntityManager,
    conversation: ConversationEntity,
    message: MessageEntity,
    end: { status: 'failed'; failure: MessageFailure } | { status: 'expired' | 'cancelled' },
    by: SettledBy | null,
  ): Promise<void> {
    const window = giveBackReply(windowOf(conversation), message.chargedWindow);
    const failure = end.status === 'failed' ? end.failure : null;
    await this.places.giveBack(manager, message.id);
    await manager.update(
      MessageEntity,
      { id: message.id },
      { status: become(message.status, end.status), failure, charge: null, chargedWindow: null, heldUntil: null, heldBecause: null, ...NOTHING_TO_COME },
    );
    if (message.charge !== null) {
      await this.steps.note(manager, message.id, { kind: 'charged', charge: null });
    }
    if (by === null) {
      await this.steps.note(manager, message.id, { kind: 'settled', status: end.status });
    } else {
      await (by === 'answer' ? undefined : this.usage.takeBackLast(manager, message));
      await this.settleAttempt(manager, message.id, 'failed', by);
    }
    Object.assign(conversation, toWindowColumns(window, conversation));
    const writes = new RowWrites(manager);
    this.outbox.turn(writes, [conversation], ['windowOpenedAt', 'windowUsed', 'windowClosedAt']);
    await writes.flush();
    if (end.status !== 'cancelled') {
      await this.events.tell(manager, `message.${end.status}`, [message.id]);
    }
  }

  /** X may have taken it. It keeps its charge, since X may have counted it, and is looked for; `channel` is null when it is gone. */
  async markUnknown(manager: EntityManager, channel: Channel | null, message: MessageEntity, answer: AttemptAnswer): Promise<void> {
    const now = this.clock.now();
    const live = await manager.findOneBy(AttemptEntity, { messageId: message.id, outcome: 'in-flight' });
    if (live !== null) {
      await this.finishAttempt(manager, message, live, 'unknown', answer);
    }
    await this.places.count(manager, message.id, now);
    const isWaitedFor = (channel?.policy.afterUnknown ?? this.settings.afterUnknown) === 'wait';
    await manager.update(
      MessageEntity,
      { id: message.id },
      {
        status: become(message.status, 'unknown'),
        nextAttemptAt: null,
        unknownAt: now,
        unknownToldAt: null,
        lookUps: 0,
        lookUpAt: firstLookUpAt(now),
        blocksUntil: isWaitedFor ? now + this.settings.waitForUnknownMs : null,
      },
    );
    await this.outbox.turnNow(manager, message.conversationId);
  }

  /** X's answer to an attempt, or the end of waiting for one. */
  async finishAttempt(manager: EntityManager, message: MessageEntity, attempt: AttemptEntity, outcome: AttemptOutcome, answer: AttemptAnswer): Promise<void> {
    const writes = new RowWrites(manager);
    this.finishAttempts(writes, [{ id: attempt.id, outcome, answer }]);
    await writes.flush();
    await (outcome === 'not-sent' || outcome === 'failed' ? this.usage.takeBack(manager, message, attempt) : undefined);
  }

  finishAttempts(writes: RowWrites, finished: readonly { id: string; outcome: AttemptOutcome; answer: AttemptAnswer }[]): void {
    const finishedAt = this.clock.now();
    const changes = finished.map(({ id, outcome, answer: { status, code, detail } }) => {
      const settled = outcome === 'unknown' ? { settledAt: null, settledBy: null } : { settledAt: finishedAt, settledBy: 'answer' as const };
      return { id, outcome, finishedAt, xStatus: status ?? null, xCode: code ?? null, detail: detail === undefined || detail === '' ? null : detail, ...settled };
    });
    writes.update(AttemptEntity, changes, ['outcome', 'finishedAt', 'xStatus', 'xCode', 'detail', 'settledAt', 'settledBy']);
  }

  /** What became of the attempt that may have been taken, when something other than X's answer to it tells; X's answer stays on record. */
  private async settleAttempt(manager: EntityManager, messageId: string, outcome: 'sent' | 'failed', by: SettledBy): Promise<void> {
    if (by === 'answer') {
      return;
    }
    const settled = { outcome, settledAt: this.clock.now(), settledBy: by };
    await manager.update(AttemptEntity, { messageId, outcome: In(['in-flight', 'unknown']) }, settled);
    if (outcome === 'sent') {
      // X tells of a message that was taken for failed.
      await manager.update(AttemptEntity, { messageId, outcome: 'failed', settledBy: In(['look-up', 'resolution']) }, settled);
    }
    await manager.update(AttemptEntity, { messageId, finishedAt: IsNull() }, { finishedAt: this.clock.now() });
  }
}

/** Of a message with which nothing more happens by itself. */
const NOTHING_TO_COME = { nextAttemptAt: null, lookUpAt: null, blocksUntil: null } as const;
