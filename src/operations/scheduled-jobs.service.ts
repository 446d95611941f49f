import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Clock } from '../kernel/clock.js';
import { Log } from '../runtime/log.service.js';
import { Randomness } from '../runtime/randomness.service.js';
import { Timers } from '../runtime/timers.service.js';
import { JobRuns } from './job-runs.service.js';
import { type ScheduledJob, tickOf } from './scheduled-job.js';

/** One line of the timetable. */
export interface TimetableEntry {
  name: string;
  job: Type<ScheduledJob>;
  cadence: keyof Settings['timetable'];
  /** Each run starts up to this much after its tick, so that instances and services do not all call X at once. */
  jitter?: keyof Settings['timetable'];
}

export const TIMETABLE = Symbol('TIMETABLE');

/** Runs the timetable with `@nestjs/schedule`: every instance ticks, one of them runs a tick, and each run is recorded. */
@Injectable()
export class ScheduledJobs implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly running = new Set<Promise<void>>();
  private isStopping = false;

  constructor(
    @Inject(TIMETABLE) private readonly timetable: readonly TimetableEntry[],
    @InjectSettings('timetable') private readonly settings: Settings['timetable'],
    private readonly registry: SchedulerRegistry,
    private readonly moduleRef: ModuleRef,
    private readonly jobRuns: JobRuns,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly randomness: Randomness,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    for (const entry of this.timetable) {
      const tick = (): void => this.afterJitter(entry, () => this.start(entry));
      this.registry.addInterval(entry.name, this.timers.interval(this.settings[entry.cadence], tick));
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.isStopping) {
      return;
    }
    this.isStopping = true;
    this.timetable.forEach(({ name }) => this.registry.deleteInterval(name));
    await Promise.allSettled(this.running);
  }

  /** Runs the tick that it is time for, unless an instance has it already. For the timetable and for tests. */
  async runTick(entry: TimetableEntry): Promise<void> {
    const scheduledAt = tickOf(this.clock.now(), this.settings[entry.cadence]);
    if (!(await this.jobRuns.begin(entry.name, scheduledAt))) {
      return;
    }
    try {
      const counts = await this.moduleRef.get(entry.job, { strict: false }).run();
      await this.jobRuns.finish(entry.name, scheduledAt, 'done', JSON.stringify(counts));
    } catch (error) {
      this.log.error('A scheduled job failed', { job: entry.name }, error);
      await this.jobRuns.finish(entry.name, scheduledAt, 'failed', error instanceof Error ? error.message : String(error));
    }
  }

  private afterJitter(entry: TimetableEntry, action: () => void): void {
    const jitterMs = entry.jitter === undefined ? 0 : this.settings[entry.jitter] * this.randomness.fraction();
    this.timers.after(jitterMs, action);
  }

  private start(entry: TimetableEntry): void {
    if (this.isStopping) {
      return;
    }
    const run = this.runTick(entry)
      .catch((error: unknown) => this.log.error('A scheduled job could not be recorded', { job: entry.name }, error))
      .finally(() => this.running.delete(run));
    this.running.add(run);
  }
}
