import { Injectable } from '@nestjs/common';
import { ofTeam, type Viewer } from '../../access/caller.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../runtime/ids.service.js';
import { RequestContexts } from '../../runtime/request-context.service.js';
import { Callbacks } from '../callback/callbacks.service.js';
import { NO_POSITION, TeamEventEntity } from '../event/team-event.entity.js';
import { TEST_EVENT } from '../event/team-event-type.js';
import { Deliveries } from './deliveries.service.js';
import { DeliveryAttempts } from './delivery-attempts.service.js';
import { DeliveryBook } from './delivery-book.service.js';
import { DeliveryEntity } from './delivery.entity.js';
import { NewDeliveries } from './new-deliveries.service.js';

/** Lets a team try its callback: one call at once, as every other is made, of an event that is in no feed. */
@Injectable()
export class TestDeliveries {
  constructor(
    private readonly callbacks: Callbacks,
    private readonly deliveries: Deliveries,
    private readonly newDeliveries: NewDeliveries,
    private readonly attempts: DeliveryAttempts,
    private readonly book: DeliveryBook,
    private readonly unitOfWork: UnitOfWork,
    private readonly contexts: RequestContexts,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** The delivery with what came of its first attempt. One that fails is tried again like any other. @throws Problem `callback.not-found` */
  async send(viewer: Viewer, callbackId: string): Promise<DeliveryEntity> {
    const callback = await this.callbacks.get(viewer, callbackId);
    const now = this.clock.now();
    const event = {
      id: this.ids.create('evt'),
      team: viewer.team,
      channelId: null,
      conversationId: null,
      sequence: null,
      type: TEST_EVENT,
      data: { callbackId, note: 'A test: somebody asked for it, and nothing has happened.' },
      occurredAt: now,
      requestId: this.contexts.current()?.requestId ?? null,
      createdAt: now,
      position: NO_POSITION,
    } as const;
    // Claimed from the start: the attempt below is the first.
    const delivery = this.newDeliveries.make(event, callbackId, this.book.leaseEnd());
    await this.unitOfWork.run(async (manager) => {
      await manager.insert(TeamEventEntity, event);
      await manager.insert(DeliveryEntity, delivery);
    });
    await this.attempts.carryOut(callback, delivery);
    // A test is of no channel, so that a key that is limited would not find it.
    return this.deliveries.get(ofTeam(viewer.team), delivery.id);
  }
}
