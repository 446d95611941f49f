import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Channel } from '../channels/channel.js';
import { ChannelConnection } from '../channels/channel-connection.service.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { Reader } from '../database/reader.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { unreachable } from '../kernel/problem.js';
import { IncomingMessages } from '../messaging/incoming/incoming-messages.service.js';
import { StartPermissions } from '../rate-policy/start-permissions.service.js';
import { Log } from '../runtime/log.service.js';
import { parseAccountActivityEvent, type XEvent, type XNews } from './account-activity-event.js';
import { fromStoredBody } from './raw-body.js';
import { WebhookEventEntity } from './webhook-event.entity.js';

const BATCH = 100;
/** So many take effect with one commit: each waits for the others, and so do the sends that wait for the database. */
const TOGETHER = 10;
/** An event that fails this often is set aside, so that it does not keep those behind it waiting for ever. */
const MAX_TRIES = 5;

/**
 * Turns stored events into their effects, in the order in which they came: an event's effects and the note that it is processed are
 * in one transaction, with those of a few others, so an event takes effect once, also when two instances or a restart take it up again.
 */
@Injectable()
export class WebhookProcessor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private running: Promise<void> | null = null;
  private isWanted = false;
  private isStopping = false;
  private readonly tries = new Map<string, number>();

  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly channels: ChannelDirectory,
    private readonly connection: ChannelConnection,
    private readonly incoming: IncomingMessages,
    private readonly permissions: StartPermissions,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** What an earlier run of the service stored and did not get to. */
  onApplicationBootstrap(): void {
    this.wake();
  }

  /** There may be something to do. Returns at once; what fails stays stored and is taken up again by the timetable. */
  wake(): void {
    this.isWanted = true;
    if (this.running === null && !this.isStopping) {
      this.running = this.drain().finally(() => {
        this.running = null;
        // Woken after the last look and before this.
        if (this.isWanted) {
          this.wake();
        }
      });
    }
  }

  /** Processes what is there now. Returns how many events it went through. */
  async processBacklog(): Promise<number> {
    let processed = 0;
    for (;;) {
      const events = await this.reader.repository(WebhookEventEntity).find({ where: { status: 'received' }, order: { id: 'ASC' }, take: BATCH });
      const results: boolean[] = [];
      for (let from = 0; from < events.length && !this.isStopping; from += TOGETHER) {
        results.push(...(await this.processTogether(events.slice(from, from + TOGETHER))));
      }
      processed += results.filter(Boolean).length;
      // With a full batch of failures the next read would bring the same ones.
      if (events.length < BATCH || !results.includes(true)) {
        return processed;
      }
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  private async drain(): Promise<void> {
    while (this.isWanted && !this.isStopping) {
      this.isWanted = false;
      await this.processBacklog().catch((error: unknown) => this.log.error('Stored events could not be read', {}, error));
    }
  }

  /** With one commit; where one of them fails, each by itself. Whether each was processed. */
  private async processTogether(events: readonly WebhookEventEntity[]): Promise<boolean[]> {
    try {
      await this.takeEffect(events);
      events.forEach(({ id }) => this.tries.delete(id));
      return events.map(() => true);
    } catch (error) {
      const [only] = events;
      if (only === undefined || events.length === 1) {
        await (only === undefined ? undefined : this.noteFailure(only, error));
        return [false];
      }
    }
    const results: boolean[] = [];
    for (const event of events) {
      results.push(...(await this.processTogether([event])));
    }
    return results;
  }

  private async takeEffect(events: readonly WebhookEventEntity[]): Promise<void> {
    const read: { event: WebhookEventEntity; parsed: XEvent; effects: { channel: Channel; news: XNews }[] }[] = [];
    for (const event of events) {
      const parsed = parse(event);
      // Looked up first: a unit of work that waits for a second connection can wait for ever.
      read.push({ event, parsed, effects: await this.findChannels(event.webhookKey, parsed.news) });
    }
    await this.unitOfWork.run(async (manager) => {
      const told = read.flatMap(({ effects }) => effects.flatMap(({ channel, news }) => participantsOf(channel, news).map((participantId) => ({ channel, participantId }))));
      await this.incoming.lock(told);
      for (const { event, parsed, effects } of read) {
        const status = parsed.notUnderstood.length === 0 ? 'processed' : 'quarantined';
        const detail = parsed.notUnderstood.length === 0 ? null : `Not understood: ${parsed.notUnderstood.join(', ')}`;
        const taken = await manager.update(WebhookEventEntity, { id: event.id, status: 'received' }, { status, detail, processedAt: this.clock.now() });
        for (const { channel, news } of taken.affected === 1 ? effects : []) {
          await this.apply(channel, news);
        }
      }
    });
  }

  /** The news that are for a channel of ours; X may tell of others that share the app. */
  private async findChannels(webhookKey: string, all: readonly XNews[]): Promise<{ channel: Channel; news: XNews }[]> {
    const found: { channel: Channel; news: XNews }[] = [];
    for (const news of all) {
      const channel = await this.channels.findByWebhook(webhookKey, news.kind === 'access-revoked' ? news.accountId : news.forUserId);
      if (channel !== null) {
        found.push({ channel, news });
      }
    }
    return found;
  }

  private async apply(channel: Channel, news: XNews): Promise<void> {
    switch (news.kind) {
      case 'direct-message':
        return this.incoming.record(channel, news.message, news.profiles);
      case 'read':
        return this.incoming.recordRead(channel, news);
      case 'start-permission':
        return this.permissions.learn(channel.id, news.participantId, news.permission, news.saidAt);
      case 'access-revoked':
        return this.connection.markRevoked(channel.id);
      default:
        return unreachable(news);
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

/** Whose conversations the news change. */
function participantsOf(channel: Channel, news: XNews): string[] {
  switch (news.kind) {
    case 'direct-message':
      return [news.message.senderId, news.message.recipientId].filter((id) => id !== channel.accountId);
    case 'read':
      return [news.participantId];
    case 'start-permission':
    case 'access-revoked':
      return [];
    default:
      return unreachable(news);
  }
}

function parse(event: WebhookEventEntity): XEvent {
  try {
    return parseAccountActivityEvent(JSON.parse(fromStoredBody(event).toString('utf8')));
  } catch {
    return { news: [], notUnderstood: ['the body is not JSON'] };
  }
}
