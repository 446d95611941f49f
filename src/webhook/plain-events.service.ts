import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { lockedForUpdate } from '../database/row-lock.service.js';
import { RowWrites } from '../database/rows.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { PlainInbound, type ToldMessage } from '../messaging/incoming/plain-inbound.service.js';
import { conversationsOf, type Effect, type ReadEvent } from './read-event.service.js';
import { WebhookEventEntity } from './webhook-event.entity.js';

/** An event, and the one message that it tells of. */
interface PlainEvent extends ToldMessage {
  read: ReadEvent;
}

/** What became of events: `processed` they are, `left` are those that somebody else processes or has processed. */
interface Round {
  processed: Set<ReadEvent>;
  left: Set<ReadEvent>;
}

/** Processes events of one inbound message together: their effects and the note that they are processed are one transaction. */
@Injectable()
export class PlainEvents {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly inbound: PlainInbound,
    private readonly clock: Clock,
  ) {}

  /** What is in neither set is as it was. Nothing of a conversation passes what came before it, nor what is `behind`. */
  async process(all: readonly ReadEvent[], behind: ReadonlySet<string>): Promise<Round> {
    const candidates = findCandidates(all, new Set(behind));
    // One by itself costs less.
    if (candidates.length < 2) {
      return { processed: new Set(), left: new Set() };
    }
    return this.unitOfWork.run(async (manager) => {
      const writes = new RowWrites(manager);
      const received = await manager.find(WebhookEventEntity, {
        select: { id: true },
        where: { id: In(candidates.map(({ read }) => read.event.id)), status: 'received' },
        order: { id: 'ASC' },
        ...lockedForUpdate<WebhookEventEntity>(manager, 'skip_locked'),
      });
      const ids = new Set(received.map(({ id }) => id));
      const left = new Set(candidates.map(({ read }) => read).filter(({ event }) => !ids.has(event.id)));
      const isBehind = new Set([...left].flatMap(conversationsOf));
      const ours = candidates.filter(({ read }) => !conversationsOf(read).some((key) => isBehind.has(key)));
      const processed = new Set([...(await this.inbound.record(writes, ours))].map(({ read }) => read));
      const processedAt = this.clock.now();
      writes.update(WebhookEventEntity, [...processed].map(({ event }) => ({ id: event.id, status: 'processed' as const, processedAt })), ['status', 'processedAt']);
      await writes.flushWithCommit();
      return { processed, left };
    }, { isRepeatable: true });
  }
}

/** Those that tell of one message to the channel, and of whose participant nothing else came before them. */
function findCandidates(all: readonly ReadEvent[], behind: Set<string>): PlainEvent[] {
  return all.flatMap((read) => {
    const [effect, second] = read.effects;
    const message = effect === undefined || second !== undefined || read.parsed.notUnderstood.length > 0 ? null : messageTo(effect);
    if (message !== null && !conversationsOf(read).some((key) => behind.has(key))) {
      return [{ read, ...message }];
    }
    conversationsOf(read).forEach((key) => behind.add(key));
    return [];
  });
}

function messageTo({ channel, news }: Effect): ToldMessage | null {
  return news.kind === 'direct-message' && news.message.isEncrypted !== true && news.message.senderId !== channel.accountId
    ? { channel, message: news.message, profile: news.profiles.get(news.message.senderId) }
    : null;
}
