import { Clock, type Instant } from '../../src/kernel/clock.js';

/** The system's clock, set forward by as much as a test says: time runs, and hours pass at once. */
export class RunningClock extends Clock {
  private aheadMs = 0;

  now(): Instant {
    return Date.now() + this.aheadMs;
  }

  advance(spanMs: number): void {
    this.aheadMs += spanMs;
  }
}
