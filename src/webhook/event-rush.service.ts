import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { Timers } from '../runtime/timers.service.js';

/** So many events in one commit mean that X waits for the disk: at 1,000 events a second it is about ten. */
const MANY = 16;
/** A rush is over when so long no commit held many; X's next requests come within a few milliseconds of our answers. */
const CALM_MS = 25;

/**
 * When X sends more than can be stored and processed at once, it is answered first: its requests are not repeated, and what is stored
 * can wait. Processing takes a turn all the same once the oldest event has waited for `webhook.processWithinMs`.
 */
@Injectable()
export class EventRush {
  private lastManyAt = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly timers: Timers,
    @InjectSettings('webhook') private readonly settings: Settings['webhook'],
  ) {}

  /** So many events go to disk with one commit. */
  noteCommit(events: number): void {
    if (events >= MANY) {
      this.lastManyAt = this.timers.monotonicMs();
    }
  }

  /** Until the rush is over, or what was received then has waited long enough, or `isStopping`. */
  async giveWay(receivedAt: Instant, isStopping: () => boolean): Promise<void> {
    while (this.timers.monotonicMs() - this.lastManyAt < CALM_MS && this.clock.now() - receivedAt < this.settings.processWithinMs && !isStopping()) {
      await new Promise<void>((resolve) => this.timers.after(CALM_MS, resolve));
    }
  }
}
