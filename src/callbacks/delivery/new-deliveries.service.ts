import { Injectable } from '@nestjs/common';
import { Clock, type Instant } from '../../kernel/clock.js';
import { Ids } from '../../runtime/ids.service.js';
import { type Callback, wants } from '../callback/callback.js';
import type { TeamEventEntity } from '../event/team-event.entity.js';
import type { DeliveryEntity } from './delivery.entity.js';

/** Deliveries as they begin. */
@Injectable()
export class NewDeliveries {
  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** One for each callback that wants an event. */
  of(events: readonly TeamEventEntity[], callbacks: readonly Callback[]): DeliveryEntity[] {
    return events.flatMap((event) => callbacks.filter((callback) => wants(callback, event)).map((callback) => this.make(event, callback.id, this.clock.now())));
  }

  make({ id, team, type, channelId }: Pick<TeamEventEntity, 'id' | 'team' | 'type' | 'channelId'>, callbackId: string, nextAttemptAt: Instant): DeliveryEntity {
    return {
      id: this.ids.create('dlv'),
      team,
      callbackId,
      eventId: id,
      eventType: type,
      channelId,
      status: 'pending',
      tries: 0,
      nextAttemptAt,
      attempts: [],
      createdAt: this.clock.now(),
      endedAt: null,
    };
  }
}
