import { Injectable } from '@nestjs/common';
import { Between, type EntityManager, In } from 'typeorm';
import type { Channel } from '../channels/channel.js';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { type Charge, giveBackReply, isOpen, type ReplyWindow, type ReplyWindowRule, takeReply } from '../rate-policy/reply-window.js';
import { decideSend, type SendDecision } from '../rate-policy/send-decision.js';
import { RatePolicy } from '../rate-policy/rate-policy.service.js';
import { MessageEntity } from './message.entity.js';
import type { MessageStatus } from './message-status.js';

const NOT_YET_SENT: MessageStatus[] = ['queued', 'claimed', 'held'];
const SENT: MessageStatus[] = ['sent', 'read'];

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
    private readonly clock: Clock,
    @InjectSettings('ratePolicy') private readonly settings: Settings['ratePolicy'],
  ) {}

  ruleOf(channel: Pick<Channel, 'messagesApi'>): ReplyWindowRule {
    return this.ratePolicy.windowRule(channel.messagesApi);
  }

  /** What a send costs now; `window` in the answer already counts it. */
  decide(channel: Channel, window: ReplyWindow | null, beyondAllotment: MessageEntity['beyondAllotment']): SendDecision {
    const policy = beyondAllotment ?? channel.policy.beyondAllotment;
    return decideSend(window, this.ruleOf(channel), policy, this.clock.now());
  }

  /** The same for a message that has a charge already: kept while its window stands, decided anew when that closed or another opened. */
  decideAnew(channel: Channel, window: ReplyWindow | null, message: MessageEntity): SendDecision {
    return this.decide(channel, giveBackReply(window, message.chargedWindow), message.beyondAllotment);
  }

  /**
   * Charges a window that an inbound message has just opened with the replies that belong in it, in their order: those not yet
   * sent, and those that X dates after the inbound message when we learn of it late. Held ones that it frees are queued.
   * `isSomethingFreed` tells of the latter.
   */
  async chargeAnew(manager: EntityManager, channel: Channel, conversationId: string, opened: ReplyWindow): Promise<{ window: ReplyWindow; isSomethingFreed: boolean }> {
    const rule = this.ruleOf(channel);
    const ours = { conversationId, direction: 'outbound' as const, source: In(this.countedSources()) };
    const messages = await manager.find(MessageEntity, {
      where: [
        { ...ours, status: In(NOT_YET_SENT) },
        { ...ours, status: In(SENT), xCreatedAt: Between(opened.openedAt, opened.openedAt + rule.windowMs - 1) },
      ],
      order: { seq: 'ASC' },
    });
    let window = opened;
    let isSomethingFreed = false;
    for (const message of messages) {
      // A reply that was sent is judged by X's time of it, one that is to be sent by now.
      const taken = takeReply(window, rule, message.xCreatedAt ?? this.clock.now());
      if (waitsForInbound(message) && taken.charge !== 'reply') {
        // Those before it have used the window up; or it is over already, when we learn of the inbound message a day late.
        const heldBecause = isOpen(opened, rule, this.clock.now()) ? 'allotment-used' : 'window-closed';
        await manager.update(MessageEntity, { id: message.id }, { heldBecause });
        continue;
      }
      window = taken.window ?? window;
      isSomethingFreed ||= waitsForInbound(message);
      await manager.update(MessageEntity, { id: message.id }, this.toChargeColumns(message, taken.charge, opened.openedAt));
    }
    return { window, isSomethingFreed };
  }

  /**
   * The charge of a message that X dates `sentAt`: a window that opened while it was under way, and has it inside, is the one it uses.
   */
  settle(channel: Channel, window: ReplyWindow | null, message: MessageEntity, sentAt: Instant): SettledCharge {
    const rule = this.ruleOf(channel);
    const isInside = window !== null && sentAt >= window.openedAt && isOpen(window, rule, sentAt);
    if (!isInside || message.chargedWindow === window.openedAt) {
      return { charge: message.charge, chargedWindow: message.chargedWindow, window };
    }
    const taken = takeReply(window, rule, sentAt);
    return { charge: taken.charge, chargedWindow: taken.charge === 'reply' ? window.openedAt : null, window: taken.window };
  }

  /** A message typed in an app of X uses the allotment only when the settings say so: X's rule names its endpoint. */
  chargeSentElsewhere(
    channel: Channel,
    window: ReplyWindow | null,
    sentAt: Instant,
  ): { window: ReplyWindow | null; chargedWindow: Instant | null } {
    const rule = this.ruleOf(channel);
    const isCounted = this.settings.countMessagesSentElsewhere && window !== null && sentAt >= window.openedAt && isOpen(window, rule, sentAt);
    return isCounted
      ? { window: takeReply(window, rule, sentAt).window, chargedWindow: window.openedAt }
      : { window, chargedWindow: null };
  }

  private countedSources(): MessageEntity['source'][] {
    return this.settings.countMessagesSentElsewhere ? ['api', 'elsewhere'] : ['api'];
  }

  private toChargeColumns(message: MessageEntity, charge: 'reply' | 'rate-limit', openedAt: Instant): Partial<MessageEntity> {
    return {
      charge: message.source === 'elsewhere' ? null : charge,
      chargedWindow: charge === 'reply' ? openedAt : null,
      ...(waitsForInbound(message) ? { status: 'queued', heldBecause: null, heldUntil: null, nextAttemptAt: this.clock.now() } : {}),
    };
  }
}

/** Held by policy; one held by a limit or an operator has a time at which it is looked at again. */
function waitsForInbound(message: MessageEntity): boolean {
  return message.status === 'held' && message.nextAttemptAt === null;
}
