import { Injectable } from '@nestjs/common';
import { In, LessThan } from 'typeorm';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { deleteInBatches } from '../database/batched-delete.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Reader } from '../database/reader.service.js';
import { Clock } from '../kernel/clock.js';
import { DAY_MS } from '../kernel/duration.js';
import { firstIdAt } from '../kernel/ids.js';
import { fromStoredBody } from './raw-body.js';
import { WebhookEventEntity } from './webhook-event.entity.js';

/** Events that are looked at, or removed, at a time. */
const BATCH = 500;
const DONE = ['processed', 'quarantined'] as const;

/** How long events are kept as they came. */
@Injectable()
export class RawEvents {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    @InjectSettings('retention') private readonly settings: Settings['retention'],
  ) {}

  /** Removes those of a webhook that name an X user. One that waits to be processed is somebody’s message yet, and stays. Returns how many. */
  async eraseNaming(webhookKey: string, participantId: string): Promise<number> {
    // As X writes ids: text, or a bare number beside it.
    const naming = new RegExp(`(?<![0-9])${participantId}(?![0-9])`);
    const found: string[] = [];
    for (let after = ''; ; ) {
      const events = await this.reader
        .repository(WebhookEventEntity)
        .createQueryBuilder('event')
        .where('event.webhookKey = :webhookKey AND event.id > :after AND event.status IN (:...done)', { webhookKey, after, done: DONE })
        .andWhere("(event.body LIKE :part OR event.encoding = 'base64')", { part: `%${participantId}%` })
        .orderBy('event.id', 'ASC')
        .limit(BATCH)
        .getMany();
      found.push(...events.filter((event) => naming.test(fromStoredBody(event).toString('utf8'))).map(({ id }) => id));
      after = events.at(-1)?.id ?? '';
      if (events.length < BATCH) {
        break;
      }
    }
    await this.remove(found);
    return found.length;
  }

  /** Returns how many. */
  async forgetOld(): Promise<number> {
    const before = firstIdAt('whe', this.clock.now() - this.settings.webhookEventsDays * DAY_MS);
    return deleteInBatches(this.unitOfWork, WebhookEventEntity, { id: LessThan(before), status: In([...DONE]) });
  }

  private async remove(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += BATCH) {
      await this.unitOfWork.run((manager) => manager.delete(WebhookEventEntity, { id: In(ids.slice(from, from + BATCH)) }));
    }
  }
}
