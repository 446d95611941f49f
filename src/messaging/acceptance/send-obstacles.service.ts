import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { ChannelCredits } from '../../channels/credits/channel-credits.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
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
    private readonly clock: Clock,
  ) {}

  /** Null: the channel's messages may go. `messageId` is null for one that is not accepted yet. */
  async find(manager: EntityManager, channel: Channel, messageId: string | null): Promise<Obstacle | null> {
    const until = this.clock.now() + LOOK_AGAIN_MS;
    if (channel.isPaused) {
      return { because: 'channel-paused', until };
    }
    if (channel.connection === 'revoked') {
      return { because: 'channel-revoked', until };
    }
    return channel.creditsStop === null ? null : this.findStop(manager, channel, messageId);
  }

  /** As it is by now: one message tries whether X takes sends again. */
  private async findStop(manager: EntityManager, { id }: Channel, messageId: string | null): Promise<Obstacle | null> {
    const stop = await this.credits.readIn(manager, id);
    return stop === null || (messageId !== null && stop.probe === messageId) ? null : { because: 'credits-depleted', until: stop.retryAt };
  }
}
