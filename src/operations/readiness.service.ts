import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { listLossySettings } from '../database/postgres-durability.service.js';
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
    @InjectSettings('database') private readonly settings: Settings['database'],
  ) {}

  /** @throws Problem `service.unavailable` */
  async assert(): Promise<void> {
    const lossy = await this.timers.within(DATABASE_ANSWERS_WITHIN_MS, this.askDatabase().catch(() => null), () => null);
    if (lossy === null) {
      throw new Problem('service.unavailable', 'The database does not answer.', { retryAfterMs: 5 * SECOND_MS });
    }
    if (lossy.length > 0) {
      throw new Problem('service.unavailable', `PostgreSQL may lose what it has committed: ${lossy.join(', ')} is off.`, {
        retryAfterMs: 5 * SECOND_MS,
        remedy: 'Switch it on, or accept the loss with `database.postgresMayLoseCommits`.',
      });
    }
  }

  /** Its settings that would have it lose what was acknowledged. */
  private async askDatabase(): Promise<string[]> {
    if (this.settings.engine === 'postgres' && !this.settings.postgresMayLoseCommits) {
      return listLossySettings(this.reader.manager);
    }
    await this.reader.manager.query('SELECT 1');
    return [];
  }
}
