import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { ChannelConnection } from '../channels/connection/channel-connection.service.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { EventFlow } from '../channels/health/event-flow.service.js';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Reader } from '../database/reader.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { Problem, unreachable } from '../kernel/problem.js';
import { IncomingMessages } from '../messaging/incoming/incoming-messages.service.js';
import { Typing } from '../messaging/conversation/typing.service.js';
import { StartPermissions } from '../rate-policy/start-permissions.service.js';
import { Log } from '../runtime/log.service.js';
import { WokenWork } from '../runtime/woken-work.service.js';
import { parseAccountActivityEvent, type XEvent } from './account-activity-event.js';
import { PlainEvents } from './plain-events.service.js';
import { fromStoredBody } from './raw-body.js';
import { type Effect, participantsOf, type ReadEvent } from './read-event.service.js';
import { WebhookEventEntity } from './webhook-event.entity.js';

const BATCH = 100;
/** So many are looked at for what can be processed together: what X has just sent waits for it to be over before it is on disk. */
const ROUND = 25;
/** So many wait for SQLite's one writer at once, which keeps their order and gives them one commit. PostgreSQL would let one pass another. */
const TOGETHER = 10;
/** An event that fails this often is set aside, so that it does not keep those behind it waiting for ever. */
const MAX_TRIES = 5;

const ACCESS_REVOKED = new Problem('channel.credentials-rejected', 'The account withdrew the app’s access to it.', {
  remedy: 'Let the account authorise the app again, and give the channel its new tokens.',
});

/**
 * Turns stored events into their effects, in the order in which they came: each event's effects and the note that it is
 * processed are one transaction, so an event takes effect once, also when two instances or a restart take it up again.
 */
@Injectable()
export class WebhookProcessor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly work: WokenWork;
  private readonly tries = new Map<string, number>();
  private readonly together: number;

  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly plainEvents: PlainEvents,
    private readonly channels: ChannelDirectory,
    private readonly connection: ChannelConnection,
    private readonly incoming: IncomingMessages,
    private readonly typing: Typing,
    private readonly permissions: StartPermissions,
    private readonly flow: EventFlow,
    private readonly clock: Clock,
    private readonly log: Log,
    @InjectSettings('database') database: Settings['database'],
  ) {
    this.together = database.engine === 'sqlite' ? TOGETHER : 1;
    this.work = new WokenWork(async () => void (await this.processBacklog()), (error) => this.log.error('Stored events could not be read', {}, error));
  }

  /** What an earlier run of the service stored and did not get to. */
  onApplicationBootstrap(): void {
    this.wake();
  }

  /** There may be something to do. Returns at once; what fails stays stored and is taken up again by the timetable. */
  wake(): void {
    this.work.wake();
  }

  /** Processes what is there now. Returns how many events it went through. */
  async processBacklog(): Promise<number> {
    let processed = 0;
    for (;;) {
      const events = await this.reader.repository(WebhookEventEntity).find({ where: { status: 'received' }, order: { id: 'ASC' }, take: BATCH });
      let done = 0;
      for (let from = 0; from < events.length && !this.work.isStopping; from += ROUND) {
        // Looked up first: a unit of work that waits for a second connection can wait for ever, and the looks may end in another order.
        const read = await Promise.all(events.slice(from, from + ROUND).map((event) => this.read(event)));
        done += await this.processRound(read);
      }
      processed += done;
      // With a full batch of failures the next read would bring the same ones.
      if (events.length < BATCH || done === 0) {
        return processed;
      }
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.work.stop();
  }

  private async read(event: WebhookEventEntity): Promise<ReadEvent> {
    const parsed = parse(event);
    return { event, parsed, effects: await this.findChannels(event.webhookKey, parsed.news) };
  }

  /** Most of them together, what is left in turn. Returns how many it went through. */
  private async processRound(read: readonly ReadEvent[]): Promise<number> {
    const together = await this.plainEvents.process(read).catch((error: unknown) => {
      // Each is tried by itself then, and its own failures are noted.
      this.log.error('Events could not be processed together', { events: read.length }, error);
      return new Set<ReadEvent>();
    });
    let done = together.size;
    const left = read.filter((one) => !together.has(one));
    for (let from = 0; from < left.length; from += this.together) {
      const results = await Promise.all(left.slice(from, from + this.together).map((one) => this.process(one)));
      done += results.filter(Boolean).length;
    }
    return done;
  }

  private async process({ event, parsed, effects }: ReadEvent): Promise<boolean> {
    try {
      await this.unitOfWork.run(async (manager) => {
        const status = parsed.notUnderstood.length === 0 ? 'processed' : 'quarantined';
        const detail = parsed.notUnderstood.length === 0 ? null : `Not understood: ${parsed.notUnderstood.join(', ')}`;
        const taken = await manager.update(
          WebhookEventEntity,
          { id: event.id, status: 'received' },
          { status, detail, processedAt: this.clock.now() },
        );
        if (taken.affected === 1) {
          await this.incoming.lock(effects.flatMap(({ channel, news }) => participantsOf(channel, news).map((participantId) => ({ channel, participantId }))));
          for (const effect of effects) {
            await this.apply(effect);
          }
          for (const channelId of [...new Set(effects.map(({ channel }) => channel.id))].sort()) {
            await this.flow.noteEvent(channelId);
          }
        }
      });
      this.tries.delete(event.id);
      return true;
    } catch (error) {
      await this.noteFailure(event, error);
      return false;
    }
  }

  /** The news that are for a channel of ours; X may tell of others that share the app. */
  private async findChannels(webhookKey: string, all: XEvent['news']): Promise<Effect[]> {
    const found: Effect[] = [];
    for (const news of all) {
      const channel = await this.channels.findByWebhook(webhookKey, news.kind === 'access-revoked' ? news.accountId : news.forUserId);
      if (channel !== null) {
        found.push({ channel, news });
      }
    }
    return found;
  }

  private async apply({ channel, news }: Effect): Promise<void> {
    switch (news.kind) {
      case 'direct-message':
        return this.incoming.record(channel, news.message, news.profiles);
      case 'read':
        return this.incoming.recordRead(channel, news);
      case 'typing':
        return this.typing.tell(channel, news);
      case 'start-permission':
        return this.permissions.learn(channel.id, news.participantId, news.permission, news.saidAt);
      case 'access-revoked':
        return this.connection.markRevoked(channel.id, ACCESS_REVOKED);
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

function parse(event: WebhookEventEntity): XEvent {
  try {
    return parseAccountActivityEvent(JSON.parse(fromStoredBody(event).toString('utf8')));
  } catch {
    return { news: [], notUnderstood: ['the body is not JSON'] };
  }
}
