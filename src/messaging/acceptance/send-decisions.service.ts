import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { Clock } from '../../kernel/clock.js';
import { KnownLimits } from '../../rate-policy/known-limits.service.js';
import { afterUse, type LimitState } from '../../rate-policy/limit.js';
import { LimitBook, type LimitParties, type OpenLimits } from '../../rate-policy/limit-book.service.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { RatePolicy } from '../../rate-policy/rate-policy.service.js';
import { giveBackReply, type ReplyWindow } from '../../rate-policy/reply-window.js';
import { decideSend, type SendDecision, type SendSituation } from '../../rate-policy/send-decision.js';
import { SendStops } from '../../rate-policy/send-stops.service.js';
import { StartPermissions } from '../../rate-policy/start-permissions.service.js';
import type { MessageEntity } from '../message/message.entity.js';
import { type Obstacle, SendObstacles } from './send-obstacles.service.js';
import { waitingForPlace } from '../outbox/waiting-for-place.service.js';

/** A send as it is wanted, between a channel and a participant. */
export interface WantedSend {
  parties: LimitParties;
  participantId: string;
  window: ReplyWindow | null;
  beyondAllotment: MessageEntity['beyondAllotment'];
  /** For a check: so many places would be taken before it, by what goes with it. */
  placesBefore?: number;
  /** The same: so many go with it and before it. */
  goBefore?: number;
}

export interface Decided {
  decision: SendDecision;
  limits: OpenLimits;
  /** Counts only for a decision to send. */
  obstacle: Obstacle | null;
}

/** Gathers what a send is decided by. A send, a check of one and a message that leaves are decided here and nowhere else. */
@Injectable()
export class SendDecisions {
  constructor(
    private readonly ratePolicy: RatePolicy,
    private readonly book: LimitBook,
    private readonly places: LimitPlaces,
    private readonly stops: SendStops,
    private readonly permissions: StartPermissions,
    private readonly obstacles: SendObstacles,
    private readonly clock: Clock,
  ) {}

  /** Whether such a send takes a place in X's limits, if there is one and X lets it start a conversation. */
  takesPlace({ parties, window, beyondAllotment }: WantedSend): boolean {
    return isCounted(decideSend(this.situation(parties.channel, window, beyondAllotment)));
  }

  /** For a message to come. When it `isBinding` nobody else can take what it grants until the unit of work ends. */
  async decide(manager: EntityManager, wanted: WantedSend, isBinding: boolean, known: KnownLimits = new KnownLimits(this.book, manager)): Promise<Decided> {
    const { channel } = wanted.parties;
    const situation = this.situation(channel, wanted.window, wanted.beyondAllotment);
    if (!isCounted(decideSend(situation))) {
      return this.decided(manager, wanted, decideSend(situation), await known.read(wanted.parties));
    }
    known.forget();
    const open = isBinding ? await this.book.lock(wanted.parties) : await this.book.read(manager, wanted.parties);
    const limits = { ...open, states: afterUses(open.states, wanted.placesBefore ?? 0) };
    const decision = decideSend({
      ...situation,
      startPermission: wanted.window === null ? await this.permissions.find(manager, channel, wanted.participantId) : 'allowed',
      limits: limits.states,
      isBehindOthers: await this.isBehindOthers(manager, channel, wanted.window === null),
    });
    return this.decided(manager, wanted, decision, limits);
  }

  /**
   * For a message that leaves: what it was charged stands while its window does, and the place that it has in the limits is its own.
   * Whether it may start a conversation was asked when it was accepted; now X itself answers.
   */
  async decideAnew(manager: EntityManager, parties: LimitParties, window: ReplyWindow | null, message: MessageEntity): Promise<{ decision: SendDecision; limits: OpenLimits | null }> {
    const situation = this.situation(parties.channel, giveBackReply(window, message.chargedWindow), message.beyondAllotment);
    const decision = decideSend(situation);
    if (!isCounted(decision) || (await this.places.has(manager, message.id))) {
      return { decision, limits: null };
    }
    const limits = await this.book.lock(parties);
    return { decision: decideSend({ ...situation, limits: limits.states }), limits };
  }

  private async decided(manager: EntityManager, { parties: { channel }, goBefore = 0 }: WantedSend, decision: SendDecision, limits: OpenLimits): Promise<Decided> {
    if (decision.kind !== 'send') {
      return { decision, limits, obstacle: null };
    }
    const until = this.stops.stopUntil(limits, { id: null, charge: decision.charge });
    return { decision, limits, obstacle: (await this.obstacles.find(manager, channel, { messageId: null, goBefore })) ?? (until === null ? null : { because: 'rate-limit', until }) };
  }

  /** As if no limit were in the way and X had agreed: enough to see whether those count at all. */
  private situation(channel: Channel, window: ReplyWindow | null, beyondAllotment: MessageEntity['beyondAllotment']): SendSituation {
    return {
      now: this.clock.now(),
      window,
      windowRule: this.ratePolicy.windowRule(channel.messagesApi),
      beyondAllotment: beyondAllotment ?? channel.policy.beyondAllotment,
      startPermission: 'allowed',
      limits: [],
      isBehindOthers: false,
    };
  }

  /** Replies wait behind replies only; what starts a conversation waits behind all. */
  private isBehindOthers(manager: EntityManager, channel: Channel, isStart: boolean): Promise<boolean> {
    const waiting = waitingForPlace(manager, channel.id, this.clock.now());
    return (isStart ? waiting : waiting.andWhere('message.startsConversation = :isStart', { isStart })).getExists();
  }
}

function afterUses(states: readonly LimitState[], uses: number): readonly LimitState[] {
  return Array.from({ length: uses }).reduce<readonly LimitState[]>((after) => afterUse(after), states);
}

function isCounted(decision: SendDecision): boolean {
  return decision.kind === 'send' && decision.charge === 'rate-limit';
}
