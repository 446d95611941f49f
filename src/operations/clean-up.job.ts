import { Injectable } from '@nestjs/common';
import { Idempotency } from '../http/idempotency.service.js';
import { LimitBook } from '../rate-policy/limit-book.service.js';
import { StartPermissions } from '../rate-policy/start-permissions.service.js';
import { JobRuns } from './job-runs.service.js';

/** Removes what was kept long enough. */
@Injectable()
export class CleanUpJob {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly jobRuns: JobRuns,
    private readonly limits: LimitBook,
    private readonly startPermissions: StartPermissions,
  ) {}

  async run(): Promise<Record<string, number>> {
    return {
      idempotencyKeys: await this.idempotency.forgetExpired(),
      jobRuns: await this.jobRuns.forgetOld(),
      limitUses: await this.limits.forgetOld(),
      startPermissions: await this.startPermissions.forgetOld(),
    };
  }
}
