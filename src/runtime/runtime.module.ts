import { type DynamicModule, Module } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { Ids } from './ids.service.js';
import { Log } from './log.service.js';
import { Metrics } from './metrics.service.js';
import { Randomness } from './randomness.service.js';
import { RequestContexts } from './request-context.service.js';
import { Sealing } from './sealing.service.js';
import { SystemClock } from './system-clock.service.js';
import { Timers } from './timers.service.js';

/** What touches the process and the world outside: the clock, randomness, timers, the log. Everything else is given these. */
@Module({})
export class RuntimeModule {
  /** With the system's clock, or with one that a test moves. */
  static with(clock: Clock = new SystemClock()): DynamicModule {
    return {
      module: RuntimeModule,
      global: true,
      providers: [{ provide: Clock, useValue: clock }, Ids, Log, Metrics, Randomness, RequestContexts, Sealing, Timers],
      exports: [Clock, Ids, Log, Metrics, Randomness, RequestContexts, Sealing, Timers],
    };
  }
}
