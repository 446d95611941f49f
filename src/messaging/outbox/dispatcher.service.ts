import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Ids } from '../../runtime/ids.service.js';
import { Log } from '../../runtime/log.service.js';
import { type Timer, Timers } from '../../runtime/timers.service.js';
import type { MessageEntity } from '../message/message.entity.js';
import { LimitRelease } from './limit-release.service.js';
import { Outbox } from './outbox.service.js';
import { Sending } from './sending.service.js';

/**
 * Takes what is due from the outbox and hands it to X, several conversations side by side, bounded in total and per channel.
 * It looks when somebody wakes it and every `messaging.pollMs`; the outbox is the truth, waking only makes it quick.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly owner: string;
  private readonly running = new Map<Promise<void>, string>();
  private poll: Timer | undefined;
  private looking: Promise<void> | null = null;
  private attending: Promise<void> | null = null;
  private isWoken = false;
  private isStopping = false;

  constructor(
    private readonly outbox: Outbox,
    private readonly sending: Sending,
    private readonly release: LimitRelease,
    private readonly timers: Timers,
    private readonly log: Log,
    ids: Ids,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
    @InjectSettings('database') private readonly database: Settings['database'],
  ) {
    this.owner = ids.create('att');
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.recover(this.database.engine === 'sqlite');
    this.poll = this.timers.every(this.settings.pollMs, () => {
      this.attending ??= this.attend().finally(() => {
        this.attending = null;
        this.wake();
      });
      this.wake();
    });
    this.wake();
  }

  /** Something may be due. Returns at once. */
  wake(): void {
    this.isWoken = true;
    if (this.looking === null && !this.isStopping) {
      this.looking = this.look().finally(() => {
        this.looking = null;
        // Woken after the last look and before this.
        if (this.isWoken) {
          this.wake();
        }
      });
    }
  }

  /** Takes nothing more and lets what is being sent come to its end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    this.poll?.cancel();
    await this.looking;
    await this.attending;
    await Promise.allSettled(this.running.keys());
  }

  private async look(): Promise<void> {
    while (this.isWoken && !this.isStopping) {
      this.isWoken = false;
      while (this.running.size < this.settings.concurrency && !this.isStopping) {
        // One at a time: each claim has to know which channels are at their bound.
        const message = await this.outbox.claim(this.owner, this.busyChannels()).catch((error: unknown) => {
          this.log.error('A message could not be claimed', {}, error);
          return null;
        });
        if (message === null) {
          break;
        }
        this.start(message);
      }
    }
  }

  private start(message: MessageEntity): void {
    const sending = this.sending
      .send(this.owner, message)
      .catch((error: unknown) => this.log.error('A message could not be sent or settled', { messageId: message.id }, error))
      .finally(() => {
        this.running.delete(sending);
        this.wake();
      });
    this.running.set(sending, message.channelId);
  }

  private busyChannels(): string[] {
    const counts = new Map<string, number>();
    for (const channelId of this.running.values()) {
      counts.set(channelId, (counts.get(channelId) ?? 0) + 1);
    }
    return [...counts].filter(([, count]) => count >= this.settings.concurrencyPerChannel).map(([channelId]) => channelId);
  }

  /** What changes without anybody waking us: claims run out, and places in the limits come free. */
  private async attend(): Promise<void> {
    await this.recover(false).catch((error: unknown) => this.log.error('Lost claims could not be settled', {}, error));
    await this.release.run().catch((error: unknown) => this.log.error('Messages that wait for a place could not be looked at', {}, error));
  }

  private async recover(isAlone: boolean): Promise<void> {
    const { requeued, unknown } = await this.outbox.recover(isAlone);
    if (requeued + unknown > 0) {
      this.log.warn('Messages of a dispatcher that is gone were settled', { requeued, unknown });
    }
  }
}
