import { Injectable } from '@nestjs/common';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { ChannelConnection } from '../channels/connection/channel-connection.service.js';
import { Problem, unreachable } from '../kernel/problem.js';
import { Typing } from '../messaging/conversation/typing.service.js';
import { IncomingMessages } from '../messaging/incoming/incoming-messages.service.js';
import { StartPermissions } from '../rate-policy/start-permissions.service.js';
import { UsageLog } from '../usage/usage-log.service.js';
import type { XEvent } from './account-activity-event.js';
import { type Effect, parseStored, type ReadEvent } from './read-event.service.js';
import type { WebhookEventEntity } from './webhook-event.entity.js';

const ACCESS_REVOKED = new Problem('channel.credentials-rejected', 'The account withdrew the app’s access to it.', {
  remedy: 'Let the account authorise the app again, and give the channel its new tokens.',
});

/** What a stored event says, whom it is for, and what each thing that it tells does. */
@Injectable()
export class EventEffects {
  constructor(
    private readonly channels: ChannelDirectory,
    private readonly connection: ChannelConnection,
    private readonly incoming: IncomingMessages,
    private readonly typing: Typing,
    private readonly permissions: StartPermissions,
    private readonly usage: UsageLog,
  ) {}

  async read(event: WebhookEventEntity): Promise<ReadEvent> {
    const parsed = parseStored(event);
    return { event, parsed, effects: await this.findChannels(event.webhookKey, parsed.news) };
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

  /** In the running unit of work. */
  async apply({ channel, news }: Effect): Promise<void> {
    switch (news.kind) {
      case 'direct-message':
        return this.incoming.record(channel, news.message, news.profiles);
      case 'read':
        return this.incoming.recordRead(channel, news);
      case 'typing':
        return this.typing.tell(channel, news);
      case 'start-permission':
        await (news.isOfFollowing ? this.usage.note({ channelId: channel.id, api: channel.eventsApi, kind: 'follow', count: 1 }) : undefined);
        return this.permissions.learn(channel.id, news.participantId, news.permission, news.saidAt);
      case 'access-revoked':
        return this.connection.markRevoked(channel.id, ACCESS_REVOKED);
      default:
        return unreachable(news);
    }
  }
}
