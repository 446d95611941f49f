import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { GatheredWork } from '../database/gathered-work.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { Ids } from '../runtime/ids.service.js';
import { EventRush } from './event-rush.service.js';
import { toStoredBody } from './raw-body.js';
import { WebhookEventEntity } from './webhook-event.entity.js';

/** Puts events on disk, many with one commit; each is acknowledged after the commit that holds it. */
@Injectable()
export class WebhookInbox {
  private readonly gathered: GatheredWork<WebhookEventEntity, void>;

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
    unitOfWork: UnitOfWork,
    rush: EventRush,
    @InjectSettings('webhook') settings: Settings['webhook'],
  ) {
    this.gathered = new GatheredWork<WebhookEventEntity, void>(
      unitOfWork,
      async (writes, rows) => {
        writes.insert(WebhookEventEntity, rows);
        rush.noteCommit(rows.length);
        return rows.map(() => ({ kind: 'done', result: undefined }));
      },
      { most: settings.groupCommitMaxRows },
    );
  }

  /** Resolves once the event is on disk. @throws what the database says when it is not */
  store(webhookKey: string, body: Buffer): Promise<void> {
    return this.gathered.run(
      Object.assign(new WebhookEventEntity(), {
        id: this.ids.create('whe'),
        webhookKey,
        receivedAt: this.clock.now(),
        ...toStoredBody(body),
        status: 'received' as const,
        detail: null,
        processedAt: null,
      }),
    );
  }
}
