import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Ids } from '../../runtime/ids.service.js';
import { Log } from '../../runtime/log.service.js';
import { type Timer, Timers } from '../../runtime/timers.service.js';
import { type Claim, Slots } from './claim.js';
import { LimitRelease } from './limit-release.service.js';
import { LostClaims } from './lost-claims.service.js';
import { Outbox } from './outbox.service.js';
import { Sending } from './sending.service.js';

/**
 * Takes what is due from the outbox and hands it to X, several conversations side by side, bounded in total and per channel.
 * It looks when somebody wakes it and every `messaging.pollMs`; the outbox is the truth, waking only makes it quick.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly owner: string;
  private readonly running = new Set<Promise<void>>();
  private readonly slots: Slots;
  private poll: Timer | undefined;
  private looking: Promise<void> | null = null;
  private attending: Promise<void> | null = null;
  private isWoken = false;
  private isStopping = false;

  constructor(
    private readonly outbox: Outbox,
    private readonly sending: Sending,
    private readonly lostClaims: LostClaims,
    private readonly release: LimitRelease,
    private readonly timers: Timers,
    private readonly log: Log,
    ids: Ids,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
    @InjectSettings('database') private readonly database: Settings['database'],
  ) {
    this.owner = ids.create('att');
    this.slots = new Slots(settings.concurrency, settings.concurrencyPerChannel);
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
    await Promise.allSettled(this.running);
  }

  private async look(): Promise<void> {
    while (this.isWoken && !this.isStopping) {
      this.isWoken = false;
      const claims = await this.outbox.claim(this.owner, this.slots.copy()).catch((error: unknown) => {
        this.log.error('No message could be claimed', {}, error);
        return [];
      });
      claims.forEach((claim) => this.start(claim));
    }
  }

  private start(claim: Claim): void {
    this.slots.take(claim.channelId);
    const sending = this.sending
      .send(claim)
      .catch((error: unknown) => this.log.error('A message could not be sent or settled', { messageId: claim.messageId }, error))
      .finally(() => {
        this.running.delete(sending);
        this.slots.giveBack(claim.channelId);
        this.wake();
      });
    this.running.add(sending);
  }

  /** What changes without anybody waking us: claims run out, and places in the limits come free. */
  private async attend(): Promise<void> {
    await this.recover(false).catch((error: unknown) => this.log.error('Lost claims could not be settled', {}, error));
    await this.release.run().catch((error: unknown) => this.log.error('Messages that wait for a place could not be looked at', {}, error));
  }

  private async recover(isAlone: boolean): Promise<void> {
    const { requeued, unknown } = await this.lostClaims.settle(isAlone);
    if (requeued + unknown > 0) {
      this.log.warn('Messages of a dispatcher that is gone were settled', { requeued, unknown });
    }
  }
}
