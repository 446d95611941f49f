import { Injectable } from '@nestjs/common';
import { Clock, type Instant } from '../kernel/clock.js';

/** The machine's clock, kept to another one by whoever knows that one (`DatabaseTime`). */
@Injectable()
export class SystemClock extends Clock {
  private aheadMs = 0;

  override now(): Instant {
    return Date.now() + this.aheadMs;
  }

  override moveBy(ms: number): void {
    this.aheadMs += ms;
  }
}
