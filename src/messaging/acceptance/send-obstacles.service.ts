import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { ChannelCredits } from '../../channels/credits/channel-credits.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { dayOf, endOfDay } from '../../usage/usage.js';
import { UsageLog } from '../../usage/usage-log.service.js';
import type { HeldBecause } from '../message/message-status.js';

/** How often we look whether an operator has ended what holds a channel's messages. */
const LOOK_AGAIN_MS = 5 * SECOND_MS;

/** What keeps a message that may be sent from being handed to X now. */
export interface Obstacle {
  because: HeldBecause;
  until: Instant;
}

/** What holds all messages of a channel, whatever they would cost. */
@Injectable()
export class SendObstacles {
  constructor(
    private readonly credits: ChannelCredits,
    private readonly usage: UsageLog,
    private readonly clock: Clock,
  ) {}

  /**
   * Null: the message may go, as far as its channel is concerned. `messageId` is null for one that does not leave yet: then what is found
   * binds nobody. `goBefore`: so many of the channel go with it and before it.
   */
  async find(manager: EntityManager, channel: Channel, { messageId, goBefore }: { messageId: string | null; goBefore: number }): Promise<Obstacle | null> {
    const until = this.clock.now() + LOOK_AGAIN_MS;
    if (channel.isPaused) {
      return { because: 'channel-paused', until };
    }
    if (channel.connection === 'revoked') {
      return { because: 'channel-revoked', until };
    }
    const stop = channel.creditsStop === null ? null : await this.findStop(manager, channel, messageId);
    const { dailyCap } = channel.policy;
    return stop ?? (dailyCap === undefined ? null : this.findCap(manager, channel, dailyCap, { isLeaving: messageId !== null, goBefore }));
  }

  /** Whoever hands messages over waits for others that do, so that two do not take the day's last place. */
  private async findCap(manager: EntityManager, { id }: Channel, cap: number, { isLeaving, goBefore }: { isLeaving: boolean; goBefore: number }): Promise<Obstacle | null> {
    await (isLeaving ? this.usage.lockCap(manager, id) : undefined);
    const now = this.clock.now();
    const sent = await this.usage.countSent(manager, id, dayOf(now));
    return sent + goBefore < cap ? null : { because: 'daily-cap', until: endOfDay(now) };
  }

  /** As it is by now: one message tries whether X takes sends again. */
  private async findStop(manager: EntityManager, { id }: Channel, messageId: string | null): Promise<Obstacle | null> {
    const stop = await this.credits.readIn(manager, id);
    return stop === null || (messageId !== null && stop.probe === messageId) ? null : { because: 'credits-depleted', until: stop.retryAt };
  }
}
