import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { isRowFault } from '../database/constraint-violation.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { Ids } from '../runtime/ids.service.js';
import { Timers } from '../runtime/timers.service.js';
import { toStoredBody } from './raw-body.js';
import { WebhookEventEntity } from './webhook-event.entity.js';

interface Waiting {
  row: WebhookEventEntity;
  stored: () => void;
  failed: (error: unknown) => void;
}

/**
 * Puts events on disk, many with one commit: what arrives while a commit runs goes into the next one together, and each is
 * acknowledged after the commit that holds it. A row that spoils its batch is found by storing that batch one by one.
 */
@Injectable()
export class WebhookInbox {
  private waiting: Waiting[] = [];
  private running: Promise<void> | null = null;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly timers: Timers,
    @InjectSettings('webhook') private readonly settings: Settings['webhook'],
  ) {}

  /** Resolves once the event is on disk. @throws what the database says when it is not */
  store(webhookKey: string, body: Buffer): Promise<void> {
    const row = Object.assign(new WebhookEventEntity(), {
      id: this.ids.create('whe'),
      webhookKey,
      receivedAt: this.clock.now(),
      ...toStoredBody(body),
      status: 'received' as const,
      detail: null,
      processedAt: null,
    });
    return new Promise((stored, failed) => {
      this.waiting.push({ row, stored, failed });
      this.running ??= this.drain();
    });
  }

  private async drain(): Promise<void> {
    // Whatever else arrives in this turn of the event loop belongs to the first batch.
    await this.timers.nextTurn();
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.settings.groupCommitMaxRows);
      await this.commit(batch);
    }
    this.running = null;
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.insert(batch);
      batch.forEach(({ stored }) => stored());
    } catch (error) {
      // With the storage gone each row by itself would wait for it anew, and the last of them for minutes.
      if (batch.length === 1 || !isRowFault(error)) {
        batch.forEach(({ failed }) => failed(error));
        return;
      }
      for (const one of batch) {
        await this.commit([one]);
      }
    }
  }

  private insert(batch: readonly Waiting[]): Promise<unknown> {
    return this.unitOfWork.run((manager) =>
      manager
        .createQueryBuilder()
        .insert()
        .into(WebhookEventEntity)
        .values(batch.map(({ row }) => row))
        .updateEntity(false)
        .execute(),
    );
  }
}
