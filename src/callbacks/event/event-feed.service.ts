import { Injectable } from '@nestjs/common';
import type { Viewer } from '../../access/caller.js';
import { visibleTo } from '../../access/visible.service.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Reader } from '../../database/reader.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { DAY_MS } from '../../kernel/duration.js';
import { Problem } from '../../kernel/problem.js';
import { EventStreamEntity } from './event-stream.entity.js';
import { ERASED_EVENT } from './team-event-type.js';
import { NO_POSITION, TeamEventEntity } from './team-event.entity.js';

/** Published events in their order, which is the same for everybody and never changes: who reads on from an event misses nothing after it. */
@Injectable()
export class EventFeed {
  constructor(
    private readonly reader: Reader,
    private readonly clock: Clock,
    @InjectSettings('callbacks') private readonly settings: Settings['callbacks'],
  ) {}

  /** Where an event stands. @throws Problem `event.not-found` when the team has none of this id, or it was kept long enough */
  async positionOf(viewer: Viewer, eventId: string): Promise<number> {
    const event = await this.reader.repository(TeamEventEntity).findOneBy({ id: eventId, ...visibleTo(viewer) });
    if (event === null || event.position === null || event.position === NO_POSITION || event.createdAt < this.keptSince()) {
      throw new Problem('event.not-found', 'There is no event with this id, or it is older than the feed keeps.', {
        remedy: 'Read without `after` from the oldest that is kept, and the messages before it with GET /v1/messages.',
      });
    }
    return event.position;
  }

  /** Where the newest event of all teams stands. */
  async lastPosition(): Promise<number> {
    const stream = await this.reader.repository(EventStreamEntity).findOneBy({ id: 'events' });
    return stream?.lastPosition ?? 0;
  }

  /** Up to `limit` events after a position. */
  async listAfter(viewer: Viewer, position: number, limit: number): Promise<TeamEventEntity[]> {
    return this.reader
      .repository(TeamEventEntity)
      .createQueryBuilder('event')
      .where(visibleTo(viewer))
      .andWhere('event.position > :position', { position: position })
      .andWhere('event.createdAt >= :since AND event.type <> :erased', { since: this.keptSince(), erased: ERASED_EVENT })
      .orderBy('event.position', 'ASC')
      .limit(limit)
      .getMany();
  }

  private keptSince(): Instant {
    return this.clock.now() - this.settings.keepEventsDays * DAY_MS;
  }
}
