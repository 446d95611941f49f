import { Global, Module } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { Ids } from './ids.service.js';
import { Log } from './log.service.js';
import { Randomness } from './randomness.service.js';
import { RequestContexts } from './request-context.service.js';
import { Sealing } from './sealing.service.js';
import { SystemClock } from './system-clock.service.js';
import { Timers } from './timers.service.js';

/** What touches the process and the world outside: the clock, randomness, timers, the log. Everything else is given these. */
@Global()
@Module({
  providers: [{ provide: Clock, useClass: SystemClock }, Ids, Log, Randomness, RequestContexts, Sealing, Timers],
  exports: [Clock, Ids, Log, Randomness, RequestContexts, Sealing, Timers],
})
export class RuntimeModule {}
