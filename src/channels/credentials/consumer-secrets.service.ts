import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Reader } from '../../database/reader.service.js';
import { Clock } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { Problem } from '../../kernel/problem.js';
import { type Timer, Timers } from '../../runtime/timers.service.js';
import { ChannelEntity } from '../channel.entity.js';
import { isStillHeard } from '../connection/former-line.js';
import { ChannelCredentials } from './channel-credentials.service.js';

/** So far apart at least do requests that do not fit make us look whether another instance changed something. */
const LOOKS_APART_MS = 250;
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
  private lookedAt = -LOOKS_APART_MS;
  private looking: Promise<void> | null = null;
  private coming: Promise<void> | null = null;
  private refreshing: Timer | null = null;

  constructor(
    private readonly reader: Reader,
    private readonly credentials: ChannelCredentials,
    private readonly timers: Timers,
    private readonly clock: Clock,
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

  /**
   * The same after a look at the database that began after the question, so that what another instance has done is known. All who ask
   * meanwhile share that look, and looks begin some time apart: whoever tries addresses at random makes no more of them.
   * @throws Problem `service.unavailable` when nothing is known of the webhook and the database does not answer
   */
  async findAfresh(webhookKey: string): Promise<readonly string[] | null> {
    const hasLooked = await this.timers.within(REFRESH_WITHIN_MS, this.lookSoon().then(() => true, () => false), () => false);
    const found = this.find(webhookKey);
    if (found === null && !hasLooked) {
      throw new Problem('service.unavailable', 'It cannot be looked up at the moment whether there is such a webhook.', { retryAfterMs: SECOND_MS });
    }
    return found;
  }

  /** The next look, which has not begun yet. */
  private lookSoon(): Promise<void> {
    const look = async (): Promise<void> => {
      await this.looking?.catch(() => undefined);
      await new Promise<void>((resolve) => void this.timers.after(Math.max(0, this.lookedAt + LOOKS_APART_MS - this.timers.monotonicMs()), resolve));
      this.coming = null;
      this.lookedAt = this.timers.monotonicMs();
      this.looking = this.refresh();
      await this.looking;
    };
    this.coming ??= look();
    return this.coming;
  }

  /** To be called after a channel was changed or removed. */
  async refresh(): Promise<void> {
    const channels = await this.reader.repository(ChannelEntity).find({ select: { id: true, webhookKey: true, formerLines: true } });
    const now = this.clock.now();
    const secrets = await this.credentials.listConsumerSecrets();
    const next = new Map<string, string[]>();
    for (const { channelId, secret } of secrets) {
      const channel = channels.find(({ id }) => id === channelId);
      const former = channel?.formerLines.filter((line) => isStillHeard(line, now)).map(({ webhookKey }) => webhookKey) ?? [];
      for (const webhookKey of channel === undefined ? [] : [channel.webhookKey, ...former]) {
        next.set(webhookKey, [...new Set([...(next.get(webhookKey) ?? []), secret])]);
      }
    }
    this.secretsByWebhook = next;
  }
}
