import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Clock } from '../../kernel/clock.js';
import { Log } from '../../runtime/log.service.js';
import { WokenWork } from '../../runtime/woken-work.service.js';
import { type Timer, Timers } from '../../runtime/timers.service.js';
import { CallbackDirectory } from '../callback/callback-directory.service.js';
import type { CallbackEntity } from '../callback/callback.entity.js';
import { Publication } from '../event/publication.service.js';
import { DeliveryAttempts } from './delivery-attempts.service.js';
import { type Claim, DeliveryBook } from './delivery-book.service.js';
import type { DeliveryEntity } from './delivery.entity.js';
import { Lane } from './lane.js';

/**
 * Takes due deliveries to their receivers. Each callback has a lane of its own: one that answers gets more at once, up to a limit; one
 * that fails gets one at a time, so that however many hang, the others go on.
 */
@Injectable()
export class Deliverer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly lanes = new Map<string, Lane>();
  private readonly underWay = new Set<Promise<void>>();
  private poll: Timer | null = null;
  private readonly looks: WokenWork;

  constructor(
    private readonly book: DeliveryBook,
    private readonly attempts: DeliveryAttempts,
    private readonly callbacks: CallbackDirectory,
    private readonly publication: Publication,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly log: Log,
    @InjectSettings('callbacks') private readonly settings: Settings['callbacks'],
  ) {
    this.looks = new WokenWork(() => this.look(), (error) => this.log.error('Due deliveries could not be claimed', {}, error));
  }

  onApplicationBootstrap(): void {
    this.publication.onPublished(() => this.wake());
    this.poll = this.timers.every(this.settings.pollMs, () => this.wake());
  }

  /** What is under way comes to its end, or is given up in time and is due again after the restart. */
  async beforeApplicationShutdown(): Promise<void> {
    this.poll?.cancel();
    await this.looks.stop();
    await this.timers.within(this.settings.stopWithinMs, Promise.allSettled(this.underWay), () => this.attempts.abort());
    await Promise.allSettled(this.underWay);
  }

  /** Something may be due. Returns at once. */
  wake(): void {
    this.looks.wake();
  }

  private async look(): Promise<void> {
    const now = this.clock.now();
    const callbacks = (await this.callbacks.listEnabled()).filter(({ pausedUntil }) => pausedUntil === null || pausedUntil <= now);
    this.forgetLanesExcept(callbacks);
    const open = callbacks.filter(({ id }) => this.laneOf(id).free > 0);
    const due = this.underWay.size < this.settings.concurrency ? await this.book.listDue(open.map(({ id }) => id)) : new Set<string>();
    const known = new Map(open.map((callback) => [callback.id, callback]));
    for (const delivery of await this.book.claim(this.toClaims(due))) {
      const callback = known.get(delivery.callbackId);
      if (callback !== undefined) {
        this.start(callback, delivery);
      }
    }
  }

  /** A free place for each before a second one for any. */
  private toClaims(due: ReadonlySet<string>): Claim[] {
    let left = this.settings.concurrency - this.underWay.size;
    const claims = [...due].map((callbackId) => ({ callbackId, most: 0 }));
    for (let isTaken = true; left > 0 && isTaken; ) {
      isTaken = false;
      for (const claim of claims) {
        if (left > 0 && claim.most < this.laneOf(claim.callbackId).free) {
          claim.most += 1;
          left -= 1;
          isTaken = true;
        }
      }
    }
    return claims.filter(({ most }) => most > 0);
  }

  private start(callback: CallbackEntity, delivery: DeliveryEntity): void {
    const lane = this.laneOf(callback.id);
    lane.enter();
    const run: Promise<void> = this.attempts
      .carryOut(callback, delivery)
      .then(
        (isDelivered) => lane.leave(isDelivered),
        (error: unknown) => {
          lane.leave(false);
          this.log.error('An attempt could not be recorded', { deliveryId: delivery.id }, error);
        },
      )
      .finally(() => {
        this.underWay.delete(run);
        this.wake();
      });
    this.underWay.add(run);
  }

  private laneOf(callbackId: string): Lane {
    const lane = this.lanes.get(callbackId) ?? new Lane(this.settings.concurrencyPerCallback);
    this.lanes.set(callbackId, lane);
    return lane;
  }

  private forgetLanesExcept(callbacks: readonly CallbackEntity[]): void {
    const kept = new Set(callbacks.map(({ id }) => id));
    for (const [id, lane] of this.lanes) {
      if (!kept.has(id) && lane.isEmpty) {
        this.lanes.delete(id);
      }
    }
  }
}
