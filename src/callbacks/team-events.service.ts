import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { Ids } from '../runtime/ids.service.js';
import { TeamEventEntity } from './team-event.entity.js';
import type { TeamEventType } from './team-event-type.js';

export interface TeamEvent {
  team: string;
  channelId: string;
  type: TeamEventType;
  data: object;
  /** When it happened, which may be before we found out. */
  occurredAt: Instant;
}

/** Writes down what the teams are to be told, in the unit of work of what caused it. */
@Injectable()
export class TeamEvents {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async tell(events: readonly TeamEvent[]): Promise<void> {
    if (events.length > 0) {
      const createdAt = this.clock.now();
      await this.unitOfWork.run((manager) =>
        manager.insert(TeamEventEntity, events.map((event) => ({ ...event, id: this.ids.create('evt'), createdAt })) as object[]),
      );
    }
  }
}
