import { Injectable } from '@nestjs/common';
import type { Viewer } from '../../access/caller.js';
import { type EntityManager, In } from 'typeorm';
import { findRows, RowWrites } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { wants } from '../callback/callback.js';
import type { CallbackEntity } from '../callback/callback.entity.js';
import { Callbacks } from '../callback/callbacks.service.js';
import { TeamEventEntity } from '../event/team-event.entity.js';
import { Deliverer } from './deliverer.service.js';
import { Deliveries } from './deliveries.service.js';
import { DeliveryEntity } from './delivery.entity.js';
import { NewDeliveries } from './new-deliveries.service.js';

/** Events that are looked at with one commit. */
const BATCH = 500;

/** Tells again: what was given up, what went out while a callback was off, or anything that somebody wants once more. */
@Injectable()
export class Redeliveries {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly callbacks: Callbacks,
    private readonly deliveries: Deliveries,
    private readonly newDeliveries: NewDeliveries,
    private readonly deliverer: Deliverer,
    private readonly clock: Clock,
  ) {}

  /** One delivery, whatever came of it. @throws Problem `delivery.not-found`, `callback.not-found`, `callback.disabled` */
  async redeliver(viewer: Viewer, id: string): Promise<DeliveryEntity> {
    const { callbackId } = await this.deliveries.get(viewer, id);
    return this.unitOfWork.run(async (manager) => {
      await this.lockEnabled(manager, viewer, callbackId);
      const delivery = await manager.findOneByOrFail(DeliveryEntity, { id });
      await this.beginAnew(manager, [delivery]);
      return delivery;
    });
  }

  /**
   * What happened from `since` until `until` and did not reach the callback: failed deliveries, and events that were not delivered to it
   * at all. Repeating it is harmless. Returns how many. @throws Problem `callback.not-found`, `callback.disabled`
   */
  async redeliverRange(viewer: Viewer, callbackId: string, since: Instant, until: Instant): Promise<number> {
    let redelivered = 0;
    let after = 0;
    for (;;) {
      const batch = await this.unitOfWork.run((manager) => this.redeliverSome(manager, viewer, callbackId, { since, until, after }));
      redelivered += batch.redelivered;
      if (batch.last === null) {
        return redelivered;
      }
      after = batch.last;
    }
  }

  private async redeliverSome(manager: EntityManager, viewer: Viewer, callbackId: string, range: { since: Instant; until: Instant; after: number }): Promise<{ redelivered: number; last: number | null }> {
    const callback = await this.lockEnabled(manager, viewer, callbackId);
    const events = await manager
      .createQueryBuilder(TeamEventEntity, 'event')
      .where('event.team = :team AND event.position > :after', { team: viewer.team, after: range.after })
      .andWhere('event.occurredAt >= :since AND event.occurredAt < :until', range)
      .orderBy('event.position', 'ASC')
      .take(BATCH)
      .getMany();
    const wanted = events.filter((event) => wants(callback, event));
    const known = wanted.length === 0 ? [] : await findRows(manager, DeliveryEntity, wanted.map(({ id }) => ({ eventId: id, callbackId })), true);
    const failed = known.filter(({ status }) => status === 'failed');
    const told = new Set(known.map(({ eventId }) => eventId));
    const missing = wanted.filter(({ id }) => !told.has(id)).map((event) => this.newDeliveries.make(event, callbackId, this.clock.now()));
    const writes = new RowWrites(manager);
    writes.insert(DeliveryEntity, missing);
    await writes.flush();
    await this.beginAnew(manager, failed);
    return { redelivered: failed.length + missing.length, last: events.length < BATCH ? null : (events.at(-1)?.position ?? null) };
  }

  /** The schedule from its beginning; what the attempts so far came to stays on record. */
  private async beginAnew(manager: EntityManager, deliveries: readonly DeliveryEntity[]): Promise<void> {
    const change = { status: 'pending' as const, tries: 0, nextAttemptAt: this.clock.now(), endedAt: null };
    deliveries.forEach((delivery) => Object.assign(delivery, change));
    if (deliveries.length > 0) {
      await manager.update(DeliveryEntity, { id: In(deliveries.map(({ id }) => id)) }, change);
    }
    this.unitOfWork.afterCommit(() => this.deliverer.wake());
  }

  private async lockEnabled(manager: EntityManager, viewer: Viewer, id: string): Promise<CallbackEntity> {
    const callback = await this.callbacks.lock(manager, viewer, id);
    if (!callback.isEnabled) {
      throw new Problem('callback.disabled', 'The callback is switched off.', { remedy: 'Switch it on with PATCH { "enabled": true } and try again.' });
    }
    return callback;
  }
}
