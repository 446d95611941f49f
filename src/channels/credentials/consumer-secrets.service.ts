import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Reader } from '../../database/reader.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { type Timer, Timers } from '../../runtime/timers.service.js';
import { ChannelEntity } from '../channel.entity.js';
import { ChannelCredentials } from './channel-credentials.service.js';

/** How often at most a request that does not fit makes us look whether another instance changed something. */
const REFRESH_AT_MOST_EVERY_MS = 1_000;
/** A secret that another instance has taken back is trusted here no longer than this. */
const REFRESH_EVERY_MS = 60_000;
/** How long such a request waits for that look: X wants its answer within 3 seconds. */
const REFRESH_WITHIN_MS = 1_000;

/**
 * The consumer secrets by webhook, in memory: X's challenge has to be answered within 3 seconds and also when the
 * database is down, or X stops sending.
 */
@Injectable()
export class ConsumerSecrets implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private secretsByWebhook = new Map<string, string[]>();
  private refreshedAt: Instant = 0;
  private refreshing: Timer | null = null;

  constructor(
    private readonly reader: Reader,
    private readonly credentials: ChannelCredentials,
    private readonly clock: Clock,
    private readonly timers: Timers,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.refresh();
    this.refreshing = this.timers.every(REFRESH_EVERY_MS, () => void this.refresh().catch(() => undefined));
  }

  beforeApplicationShutdown(): void {
    this.refreshing?.cancel();
  }

  /** The secrets that X may use on this webhook, the one to sign with first; null when there is no such webhook. */
  find(webhookKey: string): readonly string[] | null {
    return this.secretsByWebhook.get(webhookKey) ?? null;
  }

  /** The same after a look at the database, unless there just was one. Never throws and never waits long: with the database down it knows what it knew. */
  async findAfresh(webhookKey: string): Promise<readonly string[] | null> {
    if (this.clock.now() - this.refreshedAt >= REFRESH_AT_MOST_EVERY_MS) {
      await this.timers.within(REFRESH_WITHIN_MS, this.refresh().catch(() => undefined), () => undefined);
    }
    return this.find(webhookKey);
  }

  /** A channel was added: the next request that does not fit looks it up, however shortly after. */
  invalidate(): void {
    this.refreshedAt = 0;
  }

  /** To be called after a channel was changed or removed. */
  async refresh(): Promise<void> {
    this.refreshedAt = this.clock.now();
    const channels = await this.reader.repository(ChannelEntity).find({ select: { id: true, webhookKey: true } });
    const secrets = await this.credentials.listConsumerSecrets();
    const next = new Map<string, string[]>();
    for (const { channelId, secret } of secrets) {
      const webhookKey = channels.find((channel) => channel.id === channelId)?.webhookKey;
      if (webhookKey !== undefined) {
        next.set(webhookKey, [...new Set([...(next.get(webhookKey) ?? []), secret])]);
      }
    }
    this.secretsByWebhook = next;
  }
}
