import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { EventFlow } from '../channels/health/event-flow.service.js';
import { lockedForUpdate } from '../database/row-lock.service.js';
import { RowWrites } from '../database/rows.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { PlainInbound, type ToldMessage } from '../messaging/incoming/plain-inbound.service.js';
import { type Effect, participantsOf, type ReadEvent } from './read-event.service.js';
import { WebhookEventEntity } from './webhook-event.entity.js';

/** An event, and the one message that it tells of. */
interface PlainEvent extends ToldMessage {
  read: ReadEvent;
}

/** Processes events of one inbound message together: their effects and the note that they are processed are one transaction. */
@Injectable()
export class PlainEvents {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly inbound: PlainInbound,
    private readonly flow: EventFlow,
    private readonly clock: Clock,
  ) {}

  /** Gives those that are processed; the others are as they were. Nothing of a conversation passes what came before it. */
  async process(all: readonly ReadEvent[]): Promise<Set<ReadEvent>> {
    const candidates = findCandidates(all);
    // One by itself costs less.
    if (candidates.length < 2) {
      return new Set();
    }
    return this.unitOfWork.run(async (manager) => {
      const writes = new RowWrites(manager);
      const received = await manager.find(WebhookEventEntity, {
        select: { id: true },
        where: { id: In(candidates.map(({ read }) => read.event.id)), status: 'received' },
        order: { id: 'ASC' },
        ...lockedForUpdate<WebhookEventEntity>(manager),
      });
      const ids = new Set(received.map(({ id }) => id));
      const recorded = [...(await this.inbound.record(writes, candidates.filter(({ read }) => ids.has(read.event.id))))];
      const processedAt = this.clock.now();
      writes.update(WebhookEventEntity, recorded.map(({ read }) => ({ id: read.event.id, status: 'processed' as const, processedAt })), ['status', 'processedAt']);
      for (const channelId of recorded.map(({ channel }) => channel.id).sort()) {
        await this.flow.noteEvent(channelId);
      }
      await writes.flushWithCommit();
      return new Set(recorded.map(({ read }) => read));
    }, { isRepeatable: true });
  }
}

/** Those that tell of one message to the channel, and of whose participant nothing else came before them. */
function findCandidates(all: readonly ReadEvent[]): PlainEvent[] {
  const behind = new Set<string>();
  return all.flatMap((read) => {
    const [effect, second] = read.effects;
    const message = effect === undefined || second !== undefined || read.parsed.notUnderstood.length > 0 ? null : messageTo(effect);
    if (message !== null && !behind.has(`${message.channel.id} ${message.message.senderId}`)) {
      return [{ read, ...message }];
    }
    read.effects.forEach(({ channel, news }) => participantsOf(channel, news).forEach((id) => behind.add(`${channel.id} ${id}`)));
    return [];
  });
}

function messageTo({ channel, news }: Effect): ToldMessage | null {
  return news.kind === 'direct-message' && news.message.senderId !== channel.accountId
    ? { channel, message: news.message, profile: news.profiles.get(news.message.senderId) }
    : null;
}
