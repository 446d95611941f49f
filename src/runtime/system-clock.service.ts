import { Injectable } from '@nestjs/common';
import { Clock, type Instant } from '../kernel/clock.js';

@Injectable()
export class SystemClock extends Clock {
  override now(): Instant {
    return Date.now();
  }
}
