import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { deleteInBatches } from '../database/batched-delete.service.js';
import { isUniqueViolation } from '../database/constraint-violation.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { DAY_MS } from '../kernel/duration.js';
import { JobRunEntity } from './job-run.entity.js';

const KEPT_MS = 7 * DAY_MS;

/** The record of what ran when, and the rule that a tick runs on one instance only. */
@Injectable()
export class JobRuns {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** True when this tick is ours to run; false when an instance (this one too) has it already. */
  async begin(job: string, scheduledAt: Instant): Promise<boolean> {
    try {
      await this.unitOfWork.run((manager) =>
        manager.insert(JobRunEntity, { job, scheduledAt, startedAt: this.clock.now(), finishedAt: null, outcome: 'running', detail: null }),
      );
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) {
        return false;
      }
      throw error;
    }
  }

  async finish(job: string, scheduledAt: Instant, outcome: 'done' | 'failed', detail: string): Promise<void> {
    await this.unitOfWork.run((manager) =>
      manager.update(JobRunEntity, { job, scheduledAt }, { finishedAt: this.clock.now(), outcome, detail }),
    );
  }

  /** Forgets runs of more than 7 days ago. Returns how many. */
  async forgetOld(): Promise<number> {
    return deleteInBatches(this.unitOfWork, JobRunEntity, { startedAt: LessThan(this.clock.now() - KEPT_MS) });
  }
}
