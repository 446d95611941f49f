import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Clock, type Instant, toTimestamp, toTimestampOrNull } from '../../kernel/clock.js';
import type { Channel } from '../channel.js';
import { isToBeKeptAlive, statusOf } from '../channel-status.js';
import { Webhooks } from '../connection/webhooks.service.js';
import { type ChannelCheck, checksAfter } from './channel-check.js';
import type { ChannelHealthDto } from './channel-health.dto.js';
import { ChannelHealth } from './channel-health.service.js';

/** A channel's health as callers see it. */
@Injectable()
export class HealthAnswers {
  constructor(
    private readonly health: ChannelHealth,
    private readonly webhooks: Webhooks,
    private readonly clock: Clock,
    @InjectSettings('timetable') private readonly timetable: Settings['timetable'],
  ) {}

  async of(channel: Channel): Promise<ChannelHealthDto> {
    const { checks, lastEventAt, lastCheckAt } = await this.health.get(channel.id);
    const webhook = await this.webhooks.find(channel.webhookKey);
    return {
      status: statusOf(channel),
      checks: checksAfter(checks, new Map(), this.clock.now()).map(toDto),
      lastEventAt: toTimestampOrNull(lastEventAt),
      lastCrcAt: toTimestampOrNull(webhook?.lastCrcAt ?? null),
      lastCheckAt: toTimestampOrNull(lastCheckAt),
      nextCheckAt: isToBeKeptAlive(channel.connection) ? toTimestamp(this.nextTick()) : null,
    };
  }

  /** Ticks are multiples of the cadence; a run begins up to the jitter later. */
  private nextTick(): Instant {
    const { subscriptionCheckMs } = this.timetable;
    return (Math.floor(this.clock.now() / subscriptionCheckMs) + 1) * subscriptionCheckMs;
  }
}

function toDto({ name, ok, checkedAt, detail, remedy }: ChannelCheck): ChannelHealthDto['checks'][number] {
  return { name, ok, checkedAt: toTimestampOrNull(checkedAt), detail, remedy };
}
