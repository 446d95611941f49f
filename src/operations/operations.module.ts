import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChannelsModule } from '../channels/channels.module.js';
import { RatePolicyModule } from '../rate-policy/rate-policy.module.js';
import { CleanUpJob } from './clean-up.job.js';
import { HealthController } from './health.controller.js';
import { JobRunEntity } from './job-run.entity.js';
import { JobRuns } from './job-runs.service.js';
import { Readiness } from './readiness.service.js';
import { ScheduledJobs, TIMETABLE, type TimetableEntry } from './scheduled-jobs.service.js';

/** Health, and the machinery that runs the timetable. Which jobs there are, `src/timetable.ts` says. */
@Module({})
export class OperationsModule {
  static with(timetable: readonly TimetableEntry[]) {
    return {
      module: OperationsModule,
      imports: [ScheduleModule.forRoot(), TypeOrmModule.forFeature([JobRunEntity]), RatePolicyModule, ChannelsModule],
      controllers: [HealthController],
      providers: [CleanUpJob, JobRuns, Readiness, ScheduledJobs, { provide: TIMETABLE, useValue: timetable }],
      exports: [ScheduledJobs],
    };
  }
}
