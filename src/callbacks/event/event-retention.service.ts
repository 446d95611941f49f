import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { deleteInBatches } from '../../database/batched-delete.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { DAY_MS } from '../../kernel/duration.js';
import { firstIdAt } from '../../kernel/ids.js';
import { DeliveryEntity } from '../delivery/delivery.entity.js';
import { EventSequenceEntity } from './event-sequence.entity.js';
import { ERASED_EVENT } from './team-event-type.js';
import { TeamEventEntity } from './team-event.entity.js';

/** How long what teams were told is kept, and what is left of it when a participant is erased. */
@Injectable()
export class EventRetention {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    @InjectSettings('callbacks') private readonly settings: Settings['callbacks'],
  ) {}

  /** Events stay as empty places, so that a reader who stopped at one can go on from it. Joins the running unit of work. */
  async erase(manager: EntityManager, conversationId: string): Promise<void> {
    await manager
      .createQueryBuilder()
      .delete()
      .from(DeliveryEntity)
      .where('event_id IN (SELECT id FROM team_events WHERE conversation_id = :conversationId)', { conversationId })
      .execute();
    await manager.update(TeamEventEntity, { conversationId }, { type: ERASED_EVENT, data: {}, conversationId: null, sequence: null, requestId: null });
    await manager.delete(EventSequenceEntity, { conversationId });
  }

  /** Returns how many of each. */
  async forgetOld(): Promise<{ deliveries: number; events: number }> {
    const before = this.clock.now() - Math.max(this.settings.keepDeliveriesDays, this.settings.keepEventsDays) * DAY_MS;
    return {
      deliveries: await deleteInBatches(this.unitOfWork, DeliveryEntity, { id: LessThan(firstIdAt('dlv', before)) }),
      events: await deleteInBatches(this.unitOfWork, TeamEventEntity, { id: LessThan(firstIdAt('evt', before)) }),
    };
  }
}
