import { Injectable } from '@nestjs/common';
import { Idempotency } from '../http/idempotency.service.js';
import { JobRuns } from './job-runs.service.js';

/** Removes what was kept long enough. */
@Injectable()
export class CleanUpJob {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly jobRuns: JobRuns,
  ) {}

  async run(): Promise<Record<string, number>> {
    return { idempotencyKeys: await this.idempotency.forgetExpired(), jobRuns: await this.jobRuns.forgetOld() };
  }
}
