import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../../kernel/clock.js';
import { unreachable } from '../../kernel/problem.js';
import type { KnownLimits } from '../../rate-policy/known-limits.service.js';
import type { RowWrites } from '../../database/rows.service.js';
import { inOrderOfApps, type LimitParties, type OpenLimits } from '../../rate-policy/limit-book.service.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import type { Charge } from '../../rate-policy/reply-window.js';
import type { SendDecision } from '../../rate-policy/send-decision.js';
import { SendStops } from '../../rate-policy/send-stops.service.js';
import { AttemptEntity } from '../message/attempt.entity.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { toWindowColumns, windowOf } from '../conversation/conversations.service.js';
import { MessageEvents } from '../message/message-events.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { become } from '../message/message-status.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { MediaHandover } from '../media/media-handover.service.js';
import type { Claim } from './claim.js';
import type { LockedRows } from './locked-rows.service.js';
import { Outbox } from './outbox.service.js';
import { REFUSALS } from '../acceptance/refusals.js';
import { SendDecisions } from '../acceptance/send-decisions.service.js';
import { SendObstacles } from '../acceptance/send-obstacles.service.js';
import { SentUsage } from './sent-usage.service.js';
import { Settlement } from './settlement.service.js';

/** A message on its way, with `sending` and the attempt on disk. */
export interface Departed {
  attempt: AttemptEntity;
  message: MessageEntity;
  participantId: string;
  parties: LimitParties;
  charge: Charge;
  /** X's id of what it carries. */
  xMediaId: string | null;
}

/** A claimed message that wants to leave; `parties` are null when its channel is gone. */
export interface Leaving {
  claim: Claim;
  parties: LimitParties | null;
}

/** May leave now. */
interface Admitted {
  claim: Claim;
  message: MessageEntity;
  conversation: ConversationEntity;
  parties: LimitParties;
  charge: Charge;
  xMediaId: string | null;
}

/** Everything before the first byte: whether a claimed message still may go, at what charge, and the note that it goes. */
@Injectable()
export class Departure {
  constructor(
    private readonly outbox: Outbox,
    private readonly decisions: SendDecisions,
    private readonly obstacles: SendObstacles,
    private readonly places: LimitPlaces,
    private readonly stops: SendStops,
    private readonly media: MediaHandover,
    private readonly settlement: Settlement,
    private readonly usage: SentUsage,
    private readonly steps: MessageSteps,
    private readonly events: MessageEvents,
    private readonly clock: Clock,
  ) {}

  /** Those that are on their way once `writes` are carried out. Of the others it writes at once why not. */
  async depart(writes: RowWrites, rows: LockedRows, leaving: readonly Leaving[]): Promise<Map<Claim, Departed>> {
    const admitted: Admitted[] = [];
    for (const { claim, parties } of inOrderOfApps(leaving)) {
      const conversation = rows.conversations.get(claim.conversationId);
      const message = this.outbox.findClaimed(rows, claim);
      if (conversation !== undefined && message !== null) {
        const leave = await this.admit(writes.manager, rows.limits, parties, conversation, message, admitted.filter((one) => one.claim.channelId === claim.channelId).length);
        admitted.push(...(leave === null || parties === null ? [] : [{ claim, message, conversation, parties, ...leave }]));
      }
    }
    const attempts = this.outbox.begin(writes, admitted);
    this.usage.begin(writes, attempts.map((attempt, n) => ({ attempt, channelId: (admitted[n] as Admitted).message.channelId })));
    return new Map(attempts.map((attempt, n) => {
      const { claim, message, conversation, parties, charge, xMediaId } = admitted[n] as Admitted;
      return [claim, { attempt, message, participantId: conversation.participantId, parties, charge, xMediaId }];
    }));
  }

  /** At what charge and with what it may leave now, when so many of its channel go with it and before it; null when it may not, which is written then. */
  private async admit(manager: EntityManager, limits: KnownLimits, parties: LimitParties | null, conversation: ConversationEntity, message: MessageEntity, goBefore: number): Promise<Pick<Admitted, 'charge' | 'xMediaId'> | null> {
    const now = this.clock.now();
    if (message.validUntil !== null && message.validUntil <= now) {
      await this.settlement.markEnded(manager, conversation, message, { status: 'expired' }, null);
      return null;
    }
    if (parties === null) {
      await this.fail(manager, conversation, message, 'channel.not-found', 'The channel was deleted before the message was sent.');
      return null;
    }
    const obstacle = await this.obstacles.find(manager, parties.channel, { messageId: message.id, goBefore });
    if (obstacle !== null) {
      await this.outbox.putBack(manager, message, obstacle.until, obstacle.because);
      return null;
    }
    const xMediaId = await this.media.whatToCarry(manager, message);
    if (xMediaId === undefined) {
      return null;
    }
    const charge = await this.recharge(manager, parties, conversation, message);
    if (charge === null) {
      return null;
    }
    const lookAgainAt = await this.stops.admit(manager, limits, parties, { id: message.id, charge });
    if (lookAgainAt !== null) {
      await this.outbox.putBack(manager, message, lookAgainAt, 'rate-limit');
      return null;
    }
    if (charge === 'rate-limit') {
      await this.places.begin(manager, message.id);
    }
    return { charge, xMediaId };
  }

  /** The charge of a message is settled when it leaves: its window may have closed, or a new one opened, since it was accepted. */
  private async recharge(manager: EntityManager, parties: LimitParties, conversation: ConversationEntity, message: MessageEntity): Promise<Charge | null> {
    const { decision, limits } = await this.decisions.decideAnew(manager, parties, windowOf(conversation), message);
    const window = toWindowColumns(decision.window, conversation);
    if (window.windowUsed !== conversation.windowUsed || window.windowOpenedAt !== conversation.windowOpenedAt) {
      await manager.update(ConversationEntity, { id: conversation.id }, window);
      Object.assign(conversation, window);
    }
    switch (decision.kind) {
      case 'send': {
        const chargedWindow = decision.charge === 'reply' ? decision.window.openedAt : null;
        if (decision.charge !== message.charge || chargedWindow !== message.chargedWindow || message.heldBecause !== null) {
          await manager.update(MessageEntity, { id: message.id }, { charge: decision.charge, chargedWindow, heldBecause: null, heldUntil: null });
        }
        if (decision.charge !== message.charge) {
          await this.steps.note(manager, message.id, { kind: 'charged', charge: decision.charge });
        }
        if (decision.charge === 'reply') {
          // A free reply has no place.
          await (message.charge === 'reply' ? undefined : this.places.giveBack(manager, message.id));
        } else if (limits !== null) {
          await this.places.take(manager, limits, message.id);
        }
        return decision.charge;
      }
      case 'hold':
        await this.hold(manager, message, decision, limits);
        return null;
      case 'refuse':
        await this.fail(manager, conversation, { ...message, chargedWindow: null }, `message.${decision.reason}`, REFUSALS[decision.reason]);
        return null;
      case 'ask':
        throw new Error('X’s word is asked for before a message is accepted');
      default:
        return unreachable(decision);
    }
  }

  private async hold(manager: EntityManager, message: MessageEntity, decision: Extract<SendDecision, { kind: 'hold' }>, limits: OpenLimits | null): Promise<void> {
    await this.places.giveBack(manager, message.id);
    if (limits !== null) {
      await this.places.awaitPlace(manager, limits, decision.until);
    }
    const heldUntil = decision.reason === 'rate-limit' ? decision.until : message.validUntil;
    await manager.update(
      MessageEntity,
      { id: message.id },
      {
        status: become(message.status, 'held'),
        charge: null,
        chargedWindow: null,
        heldBecause: decision.reason,
        heldUntil,
        nextAttemptAt: null,
      },
    );
    await this.steps.note(manager, message.id, { kind: 'held', because: decision.reason, until: heldUntil });
    await this.events.tell(manager, 'message.held', [message.id]);
    await this.outbox.turnNow(manager, message.conversationId);
  }

  private fail(manager: EntityManager, conversation: ConversationEntity, message: MessageEntity, code: string, detail: string): Promise<void> {
    return this.settlement.markEnded(manager, conversation, message, { status: 'failed', failure: { code, detail, x: null } }, null);
  }
}
