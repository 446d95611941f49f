import { Injectable } from '@nestjs/common';
import type { Channel } from '../../channels/channel.js';
import { Reader } from '../../database/reader.service.js';
import { Clock, type Instant, toTimestampOrNull } from '../../kernel/clock.js';
import { afterUse } from '../../rate-policy/limit.js';
import { toLimitView } from '../../rate-policy/limit-view.js';
import { LimitBook, type LimitParties } from '../../rate-policy/limit-book.service.js';
import { StartPermissions } from '../../rate-policy/start-permissions.service.js';
import { RatePolicy } from '../../rate-policy/rate-policy.service.js';
import { Conversations, type Participant } from '../conversation/conversations.service.js';
import type { CheckedSend } from '../check.dto.js';
import type { WantedMessage } from './outgoing-content.service.js';
import { toContents } from '../message/message-content.js';
import { HELD_IN_WORDS, REFUSALS, startPermissionChanged } from './refusals.js';
import { type Decided, SendDecisions } from './send-decisions.service.js';
import { assertSupported } from './supported-content.js';
import { toWindowView } from '../window/window-view.js';
import { readValidUntil } from './valid-until.js';

/** What a send would come to at this moment. It decides as a send does, and takes nothing. */
@Injectable()
export class SendCheck {
  constructor(
    private readonly reader: Reader,
    private readonly conversations: Conversations,
    private readonly book: LimitBook,
    private readonly permissions: StartPermissions,
    private readonly decisions: SendDecisions,
    private readonly ratePolicy: RatePolicy,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem as a send does, but for what the policy refuses: that is in the answer */
  async check(channel: Channel, participant: Participant, wanted: WantedMessage): Promise<CheckedSend> {
    assertSupported(channel, wanted.content);
    const validUntil = readValidUntil(wanted, this.clock.now());
    const parties = await this.book.partiesOf(channel);
    const decided = await this.decide(parties, participant, wanted);
    if (decided.decision.kind !== 'ask') {
      return this.toAnswer(channel, decided, validUntil);
    }
    await this.permissions.ask(channel, participant.id);
    return this.toAnswer(channel, await this.decide(parties, participant, wanted), validUntil);
  }

  /**
   * Of what becomes several messages the last, with what those before it take; all of them where it is refused. What is beyond the allotment
   * or the limits comes last, so it is the one that would not leave where any would not.
   */
  private async decide(parties: LimitParties, participant: Participant, wanted: WantedMessage): Promise<Decided> {
    const { manager } = this.reader;
    const before = await this.conversations.findWindow(manager, parties.channel.id, participant.id);
    let wish = { parties, participantId: participant.id, window: before, beyondAllotment: wanted.beyondAllotment ?? null, placesBefore: 0, goBefore: 0 };
    let decided = await this.decisions.decide(manager, wish, false);
    for (let behind = toContents(wanted).length - 1; behind > 0; behind -= 1) {
      const { decision } = decided;
      const isCounted = decision.kind === 'send' && decision.charge === 'rate-limit';
      wish = { ...wish, window: decision.window, placesBefore: wish.placesBefore + (isCounted ? 1 : 0), goBefore: wish.goBefore + 1 };
      decided = await this.decisions.decide(manager, wish, false);
    }
    return decided.decision.kind === 'refuse' ? { ...decided, decision: { ...decided.decision, window: before } } : decided;
  }

  private toAnswer(channel: Channel, { decision, limits, obstacle }: Decided, validUntil: Instant | null): CheckedSend {
    const rule = this.ratePolicy.windowRule(channel.messagesApi);
    const isCounted = decision.kind === 'send' && decision.charge === 'rate-limit';
    const states = isCounted ? afterUse(limits.states) : limits.states;
    const answer = {
      charge: decision.kind === 'send' ? decision.charge : null,
      window: toWindowView(decision.window, rule, this.clock.now()),
      limits: states.map(toLimitView),
    };
    if (decision.kind === 'send' && obstacle === null) {
      return { allowed: true, outcome: 'send', ...answer, reasons: [], heldUntil: null };
    }
    if (decision.kind === 'send' || decision.kind === 'hold') {
      const because = decision.kind === 'hold' ? decision.reason : (obstacle?.because ?? 'rate-limit');
      const until = decision.kind === 'send' ? (obstacle?.until ?? null) : decision.reason === 'rate-limit' ? decision.until : validUntil;
      return { allowed: true, outcome: 'hold', ...answer, reasons: [{ code: because, detail: HELD_IN_WORDS[because] }], heldUntil: toTimestampOrNull(until) };
    }
    if (decision.kind === 'ask') {
      throw startPermissionChanged();
    }
    const { reason } = decision;
    return { allowed: false, outcome: 'refuse', ...answer, reasons: [{ code: `message.${reason}`, detail: REFUSALS[reason] }], heldUntil: null };
  }
}
