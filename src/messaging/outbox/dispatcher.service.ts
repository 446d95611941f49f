import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Ids } from '../../runtime/ids.service.js';
import { Log } from '../../runtime/log.service.js';
import { type Timer, Timers } from '../../runtime/timers.service.js';
import { type Claim, Slots } from './claim.js';
import { Handover } from './handover.service.js';
import { ChannelRelease } from './channel-release.service.js';
import { LimitRelease } from './limit-release.service.js';
import { LostClaims } from './lost-claims.service.js';
import { Outbox } from './outbox.service.js';
import { Sending } from './sending.service.js';

/** For each message at X so many more are claimed. */
const CLAIM_AHEAD = 3;

/**
 * Takes what is due from the outbox and hands it to X, several conversations side by side, bounded in total and per channel.
 * It looks when somebody wakes it and every `messaging.pollMs`; the outbox is the truth, waking only makes it quick.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly owner: string;
  private readonly running = new Set<Promise<void>>();
  /** Claimed and not yet handed over: when a place at X comes free, the next need not be looked for first. */
  private readonly claimed: Claim[] = [];
  private readonly claims: Slots;
  private readonly calls: Slots;
  private poll: Timer | undefined;
  private looking: Promise<void> | null = null;
  private attending: Promise<void> | null = null;
  private isWoken = false;
  private isStopping = false;

  constructor(
    private readonly outbox: Outbox,
    private readonly handover: Handover,
    private readonly sending: Sending,
    private readonly lostClaims: LostClaims,
    private readonly release: LimitRelease,
    private readonly channelRelease: ChannelRelease,
    private readonly timers: Timers,
    private readonly log: Log,
    ids: Ids,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
    @InjectSettings('database') private readonly database: Settings['database'],
  ) {
    this.owner = ids.create('att');
    this.claims = new Slots(CLAIM_AHEAD * settings.concurrency, CLAIM_AHEAD * settings.concurrencyPerChannel);
    this.calls = new Slots(settings.concurrency, settings.concurrencyPerChannel);
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
    await Promise.allSettled([...this.running, ...this.claimed.splice(0).map((claim) => this.outbox.release(claim))]);
  }

  private async look(): Promise<void> {
    while (this.isWoken && !this.isStopping) {
      this.isWoken = false;
      if (this.calls.isFull && this.claims.free < this.settings.concurrency) {
        // Enough is claimed for the places that come free next.
        return;
      }
      const claims = await this.handover.claim(this.owner, this.claims.copy()).catch((error: unknown) => {
        this.log.error('No message could be claimed', {}, error);
        return [];
      });
      claims.forEach(({ channelId }) => this.claims.take(channelId));
      this.claimed.push(...claims);
      this.startClaimed();
    }
  }

  /** Starts what is claimed, in the order of the claims, as far as there are places at X for it. */
  private startClaimed(): void {
    const full = new Set(this.calls.fullChannels);
    const next = this.calls.isFull ? undefined : this.claimed.find(({ channelId }) => !full.has(channelId));
    if (next !== undefined && !this.isStopping) {
      this.claimed.splice(this.claimed.indexOf(next), 1);
      this.start(next);
      this.startClaimed();
    }
  }

  private start(claim: Claim): void {
    this.calls.take(claim.channelId);
    let isAtX = true;
    // What became of it is settled after X's answer, when others may be at X already.
    const leaveX = (): void => {
      if (isAtX) {
        isAtX = false;
        this.calls.giveBack(claim.channelId);
        this.claims.giveBack(claim.channelId);
        this.startClaimed();
        this.wake();
      }
    };
    const sending = this.sending
      .send(claim, leaveX)
      .catch((error: unknown) => this.log.error('A message could not be sent or settled', { messageId: claim.messageId }, error))
      .finally(() => {
        leaveX();
        this.running.delete(sending);
        // The next of its conversation is due.
        this.wake();
      });
    this.running.add(sending);
  }

  /** What changes without anybody waking us: claims run out, places in the limits come free, and so do channels. */
  private async attend(): Promise<void> {
    await this.recover(false).catch((error: unknown) => this.log.error('Lost claims could not be settled', {}, error));
    await this.release.run().catch((error: unknown) => this.log.error('Messages that wait for a place could not be looked at', {}, error));
    await this.channelRelease.run().catch((error: unknown) => this.log.error('Messages that wait for their channel could not be looked at', {}, error));
  }

  private async recover(isAlone: boolean): Promise<void> {
    const { requeued, unknown } = await this.lostClaims.settle(isAlone);
    if (requeued + unknown > 0) {
      this.log.warn('Messages of a dispatcher that is gone were settled', { requeued, unknown });
    }
  }
}
