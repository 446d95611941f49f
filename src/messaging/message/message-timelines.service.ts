import { Injectable } from '@nestjs/common';
import type { Viewer } from '../../access/caller.js';
import { Reader } from '../../database/reader.service.js';
import { AttemptEntity } from './attempt.entity.js';
import { MessageQueries } from './message-queries.service.js';
import { MessageStepEntity } from './message-step.entity.js';
import { type TimelineEntry, toTimeline } from './message-timeline.js';

/** Tells what happened to a message. */
@Injectable()
export class MessageTimelines {
  constructor(
    private readonly reader: Reader,
    private readonly queries: MessageQueries,
  ) {}

  /** @throws Problem `message.not-found` */
  async get(viewer: Viewer, id: string): Promise<TimelineEntry[]> {
    const message = await this.queries.get(viewer, id);
    const attempts = await this.reader.repository(AttemptEntity).find({ where: { messageId: id }, order: { startedAt: 'ASC', id: 'ASC' } });
    const steps = await this.reader.repository(MessageStepEntity).find({ where: { messageId: id }, order: { id: 'ASC' } });
    return toTimeline({ message, attempts, steps });
  }
}
