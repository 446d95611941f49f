import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RowWrites } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { Ids } from '../../runtime/ids.service.js';
import { Publication } from './publication.service.js';
import { TeamEventEntity } from './team-event.entity.js';
import type { TeamEventType } from './team-event-type.js';

export interface TeamEvent {
  team: string;
  channelId: string | null;
  /** Whose `sequence` the event is numbered in; its lock must be the caller's. Null for what is of no conversation. */
  conversationId: string | null;
  type: TeamEventType;
  data: object;
  /** When it happened, which may be before we found out. */
  occurredAt: Instant;
  /** The request of a caller that led to it, where it is known: what runs may have been woken by another. */
  requestId?: string | null;
}

/** Gives numbers to events: one statement however many conversations there are. `$1`: a list of conversations and how many. */
const TAKE_NUMBERS = {
  sqlite: `WITH given AS (SELECT value ->> 0 AS conversation_id, value ->> 1 AS events FROM json_each($1))
    INSERT INTO event_sequences (conversation_id, last) SELECT conversation_id, events FROM given WHERE true
    ON CONFLICT (conversation_id) DO UPDATE SET last = event_sequences.last + excluded.last RETURNING conversation_id, last`,
  postgres: `WITH given AS (SELECT value ->> 0 AS conversation_id, (value ->> 1)::integer AS events FROM json_array_elements($1::json) AS list(value))
    INSERT INTO event_sequences (conversation_id, last) SELECT conversation_id, events FROM given ORDER BY conversation_id
    ON CONFLICT (conversation_id) DO UPDATE SET last = event_sequences.last + excluded.last RETURNING conversation_id, last`,
};

/** Writes down what the teams are to be told, in the unit of work of what caused it. */
@Injectable()
export class TeamEvents {
  constructor(
    private readonly publication: Publication,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** In their order. With `writes` the rows are written with these. */
  async tell(events: readonly TeamEvent[], writes?: RowWrites): Promise<void> {
    if (events.length === 0) {
      return;
    }
    await this.unitOfWork.run(async (manager) => {
      const next = await this.takeNumbers(manager, events);
      const createdAt = this.clock.now();
      const rows = events.map((event) => ({ requestId: null, ...event, id: this.ids.create('evt'), sequence: next(event.conversationId), createdAt, position: null }));
      const own = writes ?? new RowWrites(manager);
      own.insert(TeamEventEntity, rows);
      await (writes === undefined ? own.flush() : undefined);
      this.unitOfWork.afterCommit(() => this.publication.wake());
    });
  }

  private async takeNumbers(manager: EntityManager, events: readonly TeamEvent[]): Promise<(conversationId: string | null) => number | null> {
    const counts = new Map<string, number>();
    for (const { conversationId } of events) {
      if (conversationId !== null) {
        counts.set(conversationId, (counts.get(conversationId) ?? 0) + 1);
      }
    }
    const next = new Map<string, number>();
    if (counts.size > 0) {
      const statement = TAKE_NUMBERS[manager.connection.options.type === 'postgres' ? 'postgres' : 'sqlite'];
      const rows = await manager.query<{ conversation_id: string; last: number }[]>(statement, [JSON.stringify([...counts])]);
      rows.forEach(({ conversation_id: id, last }) => next.set(id, last - (counts.get(id) ?? 0) + 1));
    }
    return (conversationId) => {
      const number = conversationId === null ? undefined : next.get(conversationId);
      if (conversationId === null || number === undefined) {
        return null;
      }
      next.set(conversationId, number + 1);
      return number;
    };
  }
}
