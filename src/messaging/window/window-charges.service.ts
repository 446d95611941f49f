import { Injectable } from '@nestjs/common';
import { Between, type EntityManager, type FindOperator, type FindOptionsWhere, In, LessThanOrEqual, MoreThan, MoreThanOrEqual } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { type Charge, expiresAt, giveBackReply, isOpen, type ReplyWindow, type ReplyWindowRule, takeReply } from '../../rate-policy/reply-window.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { RatePolicy } from '../../rate-policy/rate-policy.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { Outbox } from '../outbox/outbox.service.js';
import { inOrderOfX, isAfter } from './order-of-x.js';
import { become, type HeldBecause, isChannelHold, NOT_YET_SENT_STATUSES, SENT_STATUSES } from '../message/message-status.js';

export interface SettledCharge {
  charge: Charge | null;
  chargedWindow: Instant | null;
  window: ReplyWindow | null;
}

/** Which replies use a window's allotment. Always called under the conversation's lock. */
@Injectable()
export class WindowCharges {
  constructor(
    private readonly ratePolicy: RatePolicy,
    private readonly places: LimitPlaces,
    private readonly outbox: Outbox,
    private readonly steps: MessageSteps,
    private readonly clock: Clock,
    @InjectSettings('ratePolicy') private readonly settings: Settings['ratePolicy'],
  ) {}

  ruleOf(channel: Pick<Channel, 'messagesApi'>): ReplyWindowRule {
    return this.ratePolicy.windowRule(channel.messagesApi);
  }

  /**
   * Charges a window that an inbound message has just opened with the replies that belong in it, in their order: those that X dates
   * after the inbound message, when we learn of it late, and those not yet sent. Held ones that it frees are queued.
   * `isSomethingFreed` tells of the latter.
   */
  async chargeAnew(manager: EntityManager, channel: Channel, conversationId: string, opened: ReplyWindow, inboundId: string): Promise<{ window: ReplyWindow; isSomethingFreed: boolean }> {
    const rule = this.ruleOf(channel);
    const waiting = await manager.find(MessageEntity, {
      where: { ...this.counted(conversationId), status: In([...NOT_YET_SENT_STATUSES]) },
      order: { seq: 'ASC' },
      // Nobody may claim or release one of them meanwhile.
      ...lockedForUpdate<MessageEntity>(manager),
    });
    let window = await this.chargeSent(manager, channel, conversationId, opened, inboundId, expiresAt(opened, rule));
    let isSomethingFreed = false;
    for (const message of waiting) {
      const taken = takeReply(window, rule, this.clock.now());
      window = taken.window ?? window;
      if (taken.charge === 'reply') {
        isSomethingFreed ||= isWaiting(message);
        await this.makeReply(manager, message, opened.openedAt);
      } else {
        // Those before it have used the window up; or it is over already, when we learn of the inbound message a day late.
        await this.stayBeyond(manager, message, isOpen(opened, rule, this.clock.now()) ? 'allotment-used' : 'window-closed');
      }
    }
    await this.outbox.turnNow(manager, conversationId);
    return { window, isSomethingFreed };
  }

  /**
   * An inbound message of which we learn after a newer one: the window stays as it is, but what was sent between the two cost
   * what X made of it then.
   */
  async chargePast(manager: EntityManager, channel: Channel, conversationId: string, inboundAt: Instant, inboundId: string): Promise<void> {
    await this.chargeUntilNext(manager, channel, conversationId, inboundAt, inboundId, MoreThanOrEqual(inboundAt));
  }

  /** A message of which we learn late that X took it, at a time before the window that is open now: the window of that time is charged as X counted it. */
  async chargeAround(manager: EntityManager, channel: Channel, conversationId: string, sentAt: Instant): Promise<void> {
    const opener = await manager.findOne(MessageEntity, {
      where: { conversationId, direction: 'inbound', xCreatedAt: LessThanOrEqual(sentAt) },
      order: { xCreatedAt: 'DESC' },
    });
    if (opener?.xCreatedAt !== undefined && opener.xCreatedAt !== null && opener.xMessageId !== null) {
      await this.chargeUntilNext(manager, channel, conversationId, opener.xCreatedAt, opener.xMessageId, MoreThan(opener.xCreatedAt));
    }
  }

  /** Charges the window that an inbound message opened, until the one after it did. */
  private async chargeUntilNext(manager: EntityManager, channel: Channel, conversationId: string, inboundAt: Instant, inboundId: string, later: FindOperator<number>): Promise<void> {
    const next = await manager.findOne(MessageEntity, { where: { conversationId, direction: 'inbound', xCreatedAt: later }, order: { xCreatedAt: 'ASC' } });
    const past = { openedAt: inboundAt, used: 0 };
    const end = Math.min(next?.xCreatedAt ?? Infinity, expiresAt(past, this.ruleOf(channel)));
    await this.chargeSent(manager, channel, conversationId, past, inboundId, end);
  }

  /**
   * The charge of a message that X dates `sentAt`: a window that opened while it was under way, and has it inside, is the one it
   * uses; one that was over by then is not.
   */
  settle(channel: Channel, window: ReplyWindow | null, message: MessageEntity, sentAt: Instant): SettledCharge {
    const rule = this.ruleOf(channel);
    const isInside = window !== null && sentAt >= window.openedAt && isOpen(window, rule, sentAt);
    if (!isInside && message.chargedWindow !== null && sentAt >= message.chargedWindow + rule.windowMs) {
      // It left inside its window and reached X after the end.
      return { charge: 'rate-limit', chargedWindow: null, window: giveBackReply(window, message.chargedWindow) };
    }
    if (!isInside || message.chargedWindow === window.openedAt) {
      // One without a charge was taken for failed, and X tells of it after all: it has counted it.
      return { charge: message.charge ?? 'rate-limit', chargedWindow: message.chargedWindow, window };
    }
    const taken = takeReply(window, rule, sentAt);
    return { charge: taken.charge, chargedWindow: taken.charge === 'reply' ? window.openedAt : null, window: taken.window };
  }

  /**
   * A message typed in an app of X uses the allotment only when the settings say so: X's rule names its endpoint. Learned late, it
   * takes its place from the reply that X then counted as one too many. `isOfThePast` tells that it belongs to a window before the
   * open one, which `chargeAround` charges once the message is recorded.
   */
  async chargeSentElsewhere(
    manager: EntityManager,
    channel: Channel,
    conversationId: string,
    window: ReplyWindow | null,
    sent: { at: Instant; xMessageId: string },
  ): Promise<{ window: ReplyWindow | null; chargedWindow: Instant | null; isOfThePast: boolean }> {
    const uncharged = { window, chargedWindow: null, isOfThePast: false };
    if (!this.settings.countMessagesSentElsewhere || window === null) {
      return uncharged;
    }
    if (sent.at < window.openedAt) {
      return { ...uncharged, isOfThePast: true };
    }
    const taken = takeReply(window, this.ruleOf(channel), sent.at);
    const isCharged = taken.charge === 'reply' || (isOpen(window, this.ruleOf(channel), sent.at) && (await this.displace(manager, channel, conversationId, window, sent)));
    return isCharged ? { window: taken.window, chargedWindow: window.openedAt, isOfThePast: false } : uncharged;
  }

  /** Takes its place in a full window from the last reply that X counts after a message; false when X counted all of them before it. */
  private async displace(manager: EntityManager, channel: Channel, conversationId: string, window: ReplyWindow, sent: { at: Instant; xMessageId: string }): Promise<boolean> {
    const charged = await manager.find(MessageEntity, {
      where: { ...this.counted(conversationId), chargedWindow: window.openedAt },
      ...lockedForUpdate<MessageEntity>(manager),
    });
    const last = charged.sort(inOrderOfX).at(-1);
    if (last === undefined || inOrderOfX(last, { xCreatedAt: sent.at, xMessageId: sent.xMessageId, seq: 0 }) < 0) {
      return false;
    }
    if (NOT_YET_SENT_STATUSES.includes(last.status)) {
      await this.stayBeyond(manager, last, 'allotment-used');
    } else {
      await this.makeCounted(manager, channel, last, last.xCreatedAt ?? this.clock.now());
    }
    return true;
  }

  /** Charges a window with what X dates into it, before `end`, in X's order; in one millisecond X's ids tell it. */
  private async chargeSent(manager: EntityManager, channel: Channel, conversationId: string, opened: ReplyWindow, inboundId: string, end: Instant): Promise<ReplyWindow> {
    const sent = await manager.find(MessageEntity, {
      where: { ...this.counted(conversationId), status: In([...SENT_STATUSES]), xCreatedAt: Between(opened.openedAt, end - 1) },
      order: { xCreatedAt: 'ASC', seq: 'ASC' },
    });
    let window = opened;
    for (const message of sent) {
      const sentAt = message.xCreatedAt ?? opened.openedAt;
      if (sentAt === opened.openedAt && !isAfter(message.xMessageId, inboundId)) {
        continue;
      }
      const taken = takeReply(window, this.ruleOf(channel), sentAt);
      window = taken.window ?? window;
      if (taken.charge === 'reply') {
        await this.makeReply(manager, message, opened.openedAt);
      } else {
        await this.makeCounted(manager, channel, message, sentAt);
      }
    }
    return window;
  }

  /** The messages of a conversation that can use an allotment. */
  private counted(conversationId: string): FindOptionsWhere<MessageEntity> {
    const sources: MessageEntity['source'][] = this.settings.countMessagesSentElsewhere ? ['api', 'elsewhere'] : ['api'];
    return { conversationId, direction: 'outbound', source: In(sources) };
  }

  /** It is one of the window's free replies now. What waited may go, and its place in the limits goes to others. */
  private async makeReply(manager: EntityManager, message: MessageEntity, openedAt: Instant): Promise<void> {
    await manager.update(
      MessageEntity,
      { id: message.id },
      {
        charge: message.source === 'elsewhere' ? null : 'reply',
        chargedWindow: openedAt,
        ...(isWaiting(message) ? { status: become(message.status, 'queued'), heldBecause: null, heldUntil: null, nextAttemptAt: this.clock.now() } : {}),
      },
    );
    if (isWaiting(message)) {
      await this.steps.note(manager, message.id, { kind: 'released' });
    }
    await this.noteCharge(manager, message, 'reply');
    await this.places.giveBack(manager, message.id);
  }

  /** It has no place in a window and counts towards the limits, if it is one that does. */
  private async makeCounted(manager: EntityManager, channel: Channel, message: MessageEntity, sentAt: Instant): Promise<void> {
    const isOurs = message.source === 'api';
    await manager.update(MessageEntity, { id: message.id }, { charge: isOurs ? 'rate-limit' : null, chargedWindow: null });
    await this.noteCharge(manager, message, 'rate-limit');
    if (isOurs) {
      await this.places.settle(manager, channel, message.id, 'rate-limit', sentAt);
    }
  }

  private async noteCharge(manager: EntityManager, message: MessageEntity, charge: Charge): Promise<void> {
    if (message.source === 'api' && message.charge !== charge) {
      await this.steps.note(manager, message.id, { kind: 'charged', charge });
    }
  }

  /** The window has no room for one that is not sent yet. */
  private async stayBeyond(manager: EntityManager, message: MessageEntity, heldBecause: HeldBecause): Promise<void> {
    if (isWaiting(message)) {
      // The participant has written, so it starts no conversation any more.
      const change = message.heldBecause === 'rate-limit' ? { startsConversation: false } : { heldBecause };
      await manager.update(MessageEntity, { id: message.id }, change);
    } else if (message.charge !== 'rate-limit') {
      // It was free in the window before; what it costs now is decided when it leaves.
      await manager.update(MessageEntity, { id: message.id }, { charge: null, chargedWindow: null });
    }
  }
}

/** Held without a charge: for an inbound message, or for a place in the limits. */
function isWaiting(message: MessageEntity): boolean {
  return message.status === 'held' && message.nextAttemptAt === null && !isChannelHold(message.heldBecause);
}
