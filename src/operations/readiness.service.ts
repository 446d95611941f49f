import { Injectable } from '@nestjs/common';
import { Reader } from '../database/reader.service.js';
import { SECOND_MS } from '../kernel/duration.js';
import { Problem } from '../kernel/problem.js';
import { Timers } from '../runtime/timers.service.js';

const DATABASE_ANSWERS_WITHIN_MS = 2 * SECOND_MS;

/** Whether this instance can take requests. */
@Injectable()
export class Readiness {
  constructor(
    private readonly reader: Reader,
    private readonly timers: Timers,
  ) {}

  /** @throws Problem `service.unavailable` */
  async assert(): Promise<void> {
    const answers = this.reader.manager.query('SELECT 1').then(
      () => true,
      () => false,
    );
    if (!(await this.timers.within(DATABASE_ANSWERS_WITHIN_MS, answers, () => false))) {
      throw new Problem('service.unavailable', 'The database does not answer.', { retryAfterMs: 5 * SECOND_MS });
    }
  }
}
