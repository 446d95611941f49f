import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { JobRunEntity } from './job-run.entity.js';
import { JobRuns } from './job-runs.service.js';

/** The record of the timetable. */
@Module({ imports: [TypeOrmModule.forFeature([JobRunEntity])], providers: [JobRuns], exports: [JobRuns] })
export class JobRunsModule {}
