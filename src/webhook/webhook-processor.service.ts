import { Mutex } from 'async-mutex';
import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { EventFlow } from '../channels/health/event-flow.service.js';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import type { EntityManager } from 'typeorm';
import { isDatabaseAway } from '../database/database-away.service.js';
import { Reader } from '../database/reader.service.js';
import { lockedForUpdate } from '../database/row-lock.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { settleAll } from '../kernel/settle-all.js';
import { IncomingMessages } from '../messaging/incoming/incoming-messages.service.js';
import { Log } from '../runtime/log.service.js';
import { Timers } from '../runtime/timers.service.js';
import { WokenWork } from '../runtime/woken-work.service.js';
import { EventEffects } from './event-effects.service.js';
import { EventRush } from './event-rush.service.js';
import { PlainEvents } from './plain-events.service.js';
import { conversationsOf, participantsOf, type ReadEvent } from './read-event.service.js';
import { WebhookEventEntity } from './webhook-event.entity.js';

const BATCH = 200;
/** So many are looked at for what can be processed together: what X has just sent waits for it to be over before it is on disk. */
const ROUND = 100;
/** So many wait for SQLite's one writer at once, which keeps their order and gives them one commit. PostgreSQL would let one pass another. */
const TOGETHER = 10;
/** An event that fails this often is set aside, so that it does not keep those behind it waiting for ever. */
const MAX_TRIES = 5;

/** So long after it found the database away it looks again. */
const AWAY_RETRY_MS = 1_000;

/** What became of an event; `left` is one that somebody else processes or has processed. */
type Became = 'processed' | 'left' | 'failed';

/**
 * Turns stored events into their effects, in the order in which they came: each event's effects and the note that it is
 * processed are one transaction, so an event takes effect once, also when two instances or a restart take it up again.
 * Instances pass by what another one has in hand, and by what comes after it in the same conversation.
 */
@Injectable()
export class WebhookProcessor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly work: WokenWork;
  /** Whoever calls, one goes through the backlog at a time: two would only wait for each other's events. */
  private readonly turn = new Mutex();
  private readonly tries = new Map<string, number>();
  private readonly together: number;

  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly plainEvents: PlainEvents,
    private readonly effects: EventEffects,
    private readonly rush: EventRush,
    private readonly incoming: IncomingMessages,
    private readonly flow: EventFlow,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly log: Log,
    @InjectSettings('database') database: Settings['database'],
  ) {
    this.together = database.engine === 'sqlite' ? TOGETHER : 1;
    this.work = new WokenWork(async () => void (await this.processBacklog()), (error) => this.comeAgain(error));
  }

  /** What an earlier run of the service stored and did not get to. */
  onApplicationBootstrap(): void {
    this.wake();
  }

  /** There may be something to do. Returns at once; what fails stays stored and is taken up again by the timetable. */
  wake(): void {
    this.work.wake();
  }

  /** Processes what is there now, also what other instances have begun. Returns how many events it went through. */
  processBacklog(): Promise<number> {
    return this.turn.runExclusive(async () => {
      let processed = 0;
      for (;;) {
        const events = await this.reader.repository(WebhookEventEntity).find({ where: { status: 'received' }, order: { id: 'ASC' }, take: BATCH });
        const { done, left } = await this.processBatch(events);
        processed += done;
        const [first] = left;
        if (first !== undefined && done === 0) {
          await this.waitFor(first);
        }
        // With a full batch of failures the next read would bring the same ones.
        if (this.work.isStopping || (first === undefined && (events.length < BATCH || done === 0))) {
          return processed;
        }
      }
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.work.stop();
  }

  private comeAgain(error: unknown): void {
    this.log.error('Stored events could not be processed', {}, error);
    this.timers.after(AWAY_RETRY_MS, () => this.wake());
  }

  /** `left` are events that are to be looked at again, the first of them first. */
  private async processBatch(events: readonly WebhookEventEntity[]): Promise<{ done: number; left: readonly ReadEvent[] }> {
    const left: ReadEvent[] = [];
    const behind = new Set<string>();
    const leave = (one: ReadEvent): void => {
      left.push(one);
      conversationsOf(one).forEach((key) => behind.add(key));
    };
    let done = 0;
    // Looked up first: a unit of work that waits for a second connection can wait for ever, and the looks may end in another order.
    const readRound = (from: number): Promise<ReadEvent[]> => Promise.all(events.slice(from, from + ROUND).map((event) => this.effects.read(event)));
    let read = await readRound(0);
    for (let from = 0; from < events.length && !this.work.isStopping; from += ROUND) {
      await this.rush.giveWay(events[from]?.receivedAt ?? 0, () => this.work.isStopping);
      // The next ones are read while the database is at work.
      const [processed, next] = await settleAll([this.processRound(read, leave, behind), readRound(from + ROUND)]);
      done += processed;
      read = next;
    }
    return { done, left };
  }

  /** Most of them together, the others in turn; `leave` is told what stays for another time. Returns how many it went through. */
  private async processRound(read: readonly ReadEvent[], leave: (one: ReadEvent) => void, behind: ReadonlySet<string>): Promise<number> {
    const together = await this.plainEvents.process(read, behind).catch((error: unknown) => {
      if (isDatabaseAway(error)) {
        throw error;
      }
      // Each is tried by itself then, and its own failures are noted.
      this.log.error('Events could not be processed together', { events: read.length }, error);
      return { processed: new Set<ReadEvent>(), left: new Set<ReadEvent>() };
    });
    together.left.forEach(leave);
    const processed = [...together.processed];
    const others = read.filter((one) => !together.processed.has(one) && !together.left.has(one));
    for (let from = 0; from < others.length && !this.work.isStopping; from += this.together) {
      const some = others.slice(from, from + this.together);
      const became = await settleAll(some.map((one) => this.process(one, behind)));
      processed.push(...some.filter((_, n) => became[n] === 'processed'));
      some.filter((_, n) => became[n] === 'left').forEach(leave);
    }
    await this.noteEvents(processed);
    return processed.length;
  }

  private async process(read: ReadEvent, behind: ReadonlySet<string>): Promise<Became> {
    if (conversationsOf(read).some((key) => behind.has(key))) {
      return 'left';
    }
    try {
      const became = await this.unitOfWork.run((manager) => this.take(manager, read));
      this.tries.delete(read.event.id);
      return became;
    } catch (error) {
      // No event is the cause of that, and none has been tried.
      if (isDatabaseAway(error)) throw error;
      await this.noteFailure(read.event, error);
      return 'failed';
    }
  }

  private async take(manager: EntityManager, { event: { id }, parsed: { notUnderstood }, effects }: ReadEvent): Promise<Became> {
    const found = await manager.findOne(WebhookEventEntity, { select: { id: true }, where: { id, status: 'received' }, ...lockedForUpdate<WebhookEventEntity>(manager, 'skip_locked') });
    if (found === null) {
      return 'left';
    }
    await this.incoming.lock(effects.flatMap(({ channel, news }) => participantsOf(channel, news).map((participantId) => ({ channel, participantId }))));
    for (const effect of effects) {
      await this.effects.apply(effect);
    }
    const [status, detail] = notUnderstood.length === 0 ? (['processed', null] as const) : (['quarantined', `Not understood: ${notUnderstood.join(', ')}`] as const);
    await manager.update(WebhookEventEntity, { id }, { status, detail, processedAt: this.clock.now() });
    return 'processed';
  }

  /** Until whoever has the event in hand is done with it. */
  private async waitFor({ event: { id } }: ReadEvent): Promise<void> {
    await this.unitOfWork.run((manager) => manager.findOne(WebhookEventEntity, { select: { id: true }, where: { id }, ...lockedForUpdate<WebhookEventEntity>(manager) }));
  }

  /** By themselves: all events of a channel share the row, and whoever held it while waiting for a conversation would keep the others waiting. */
  private async noteEvents(processed: readonly ReadEvent[]): Promise<void> {
    try {
      for (const { effects } of processed) {
        for (const channelId of new Set(effects.map(({ channel }) => channel.id))) {
          await this.flow.noteEvent(channelId);
        }
      }
    } catch (error) {
      this.log.error('It could not be noted that X told of something', { events: processed.length }, error);
    }
  }

  private async noteFailure(event: WebhookEventEntity, error: unknown): Promise<void> {
    const tries = (this.tries.get(event.id) ?? 0) + 1;
    this.tries.set(event.id, tries);
    this.log.error('An event could not be processed', { eventId: event.id, tries }, error);
    if (tries >= MAX_TRIES) {
      this.tries.delete(event.id);
      await this.unitOfWork
        .run((manager) => manager.update(WebhookEventEntity, { id: event.id, status: 'received' }, { status: 'quarantined', detail: `Failed ${tries} times` }))
        .catch(() => undefined);
    }
  }
}
