import { Clock, type Instant } from '../../src/kernel/clock.js';

/** A clock that stands still until a test moves it. */
export class ManualClock extends Clock {
  constructor(private instant: Instant = Date.UTC(2026, 0, 15, 12, 0, 0)) {
    super();
  }

  now(): Instant {
    return this.instant;
  }

  advance(spanMs: number): void {
    this.instant += spanMs;
  }

  set(instant: Instant): void {
    this.instant = instant;
  }
}
