import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { HealthController } from './health.controller.js';
import { JobRunsModule } from './job-runs.module.js';
import { MetricsController } from './metrics.controller.js';
import { Readiness } from './readiness.service.js';
import { ScheduledJobs, TIMETABLE, type TimetableEntry } from './scheduled-jobs.service.js';

/** Health, and the machinery that runs the timetable. Which jobs there are, `src/timetable.ts` says. */
@Module({})
export class OperationsModule {
  static with(timetable: readonly TimetableEntry[]) {
    return {
      module: OperationsModule,
      imports: [ScheduleModule.forRoot(), JobRunsModule],
      controllers: [HealthController, MetricsController],
      providers: [Readiness, ScheduledJobs, { provide: TIMETABLE, useValue: timetable }],
      exports: [ScheduledJobs],
    };
  }
}
