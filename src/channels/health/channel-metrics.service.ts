import { Injectable } from '@nestjs/common';
import { Reader } from '../../database/reader.service.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { Metrics, type Sample } from '../../runtime/metrics.service.js';
import { ChannelEntity } from '../channel.entity.js';
import { statusOf } from '../channel-status.js';
import { ChannelHealthEntity } from './channel-health.entity.js';

/** What Prometheus is told of channels, each by its id. */
@Injectable()
export class ChannelMetrics {
  constructor(
    metrics: Metrics,
    private readonly reader: Reader,
  ) {
    metrics.gauge('channel_status', 'How each channel stands: 1 beside its status.', ['channel', 'status'], async () =>
      (await this.reader.repository(ChannelEntity).find({ select: { id: true, connection: true, isPaused: true } })).map((channel) => ({ labels: { channel: channel.id, status: statusOf(channel) }, value: 1 })),
    );
    metrics.gauge('channel_check_ok', 'Whether a check of a channel was well when it was last made; `subscription` is the line on which X tells us anything.', ['channel', 'check'], async () =>
      (await this.findHealth()).flatMap(({ channelId, checks }) => checks.map(({ name, ok }): Sample => ({ labels: { channel: channelId, check: name }, value: ok ? 1 : 0 }))),
    );
    metrics.gauge('channel_last_event_timestamp_seconds', 'When X last told of something, in seconds since 1970.', ['channel'], async () =>
      (await this.findHealth()).flatMap(({ channelId, lastEventAt }) => (lastEventAt === null ? [] : [{ labels: { channel: channelId }, value: lastEventAt / SECOND_MS }])),
    );
  }

  private findHealth(): Promise<ChannelHealthEntity[]> {
    return this.reader.repository(ChannelHealthEntity).find();
  }
}
