import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { toTimestamp } from '../kernel/clock.js';
import type { XClientCredentials, XCredentials } from '../x-api/x-credentials.js';
import type { ChannelDto } from './channel.dto.js';
import type { Channel } from './channel.js';
import { ChannelCredentials, type SecretUpdates } from './credentials/channel-credentials.service.js';
import { statusOf } from './channel-status.js';
import { webhookUrlOf } from './connection/webhook-address.js';

/** Channels as callers see them: when each secret changed, never the secret. */
@Injectable()
export class ChannelAnswers {
  constructor(
    private readonly credentials: ChannelCredentials,
    private readonly unitOfWork: UnitOfWork,
    @InjectSettings('server') private readonly server: Settings['server'],
  ) {}

  async of(channel: Channel): Promise<ChannelDto> {
    const [answer] = await this.ofMany([channel]);
    return answer as ChannelDto;
  }

  async ofMany(channels: readonly Channel[]): Promise<ChannelDto[]> {
    const updates = await this.credentials.listUpdates(channels.map((channel) => channel.id));
    return channels.map((channel) => this.toDto(channel, updates.get(channel.id)));
  }

  /** As the running unit of work sees it. */
  async ofOneIn(manager: EntityManager, channel: Channel): Promise<ChannelDto> {
    return this.toDto(channel, (await this.credentials.listUpdates([channel.id], manager)).get(channel.id));
  }

  /** For a channel that is made in the running unit of work, whose rows no reader sees yet. */
  ofNew(channel: Channel): Promise<ChannelDto> {
    return this.unitOfWork.run((manager) => this.ofOneIn(manager, channel));
  }

  private toDto(channel: Channel, secrets: SecretUpdates | undefined): ChannelDto {
    const secret = (name: keyof XCredentials | keyof XClientCredentials) => ({ updatedAt: toTimestamp(secrets?.[name] ?? channel.createdAt) });
    // Those of OAuth 2.0 not every channel has.
    const optional = (name: keyof XClientCredentials) => (secrets?.[name] === undefined ? {} : { [name]: secret(name) });
    return {
      id: channel.id,
      name: channel.name,
      account: { id: channel.accountId, username: channel.accountUsername, name: channel.accountName },
      eventsApi: channel.eventsApi,
      messagesApi: channel.messagesApi,
      environmentName: channel.environmentName,
      status: statusOf(channel),
      statusDetail: channel.connectionDetail,
      webhookUrl: this.server.publicUrl === null ? null : webhookUrlOf(this.server.publicUrl, channel.webhookKey),
      policy: channel.policy,
      secrets: {
        consumerKey: secret('consumerKey'),
        consumerSecret: secret('consumerSecret'),
        accessToken: secret('accessToken'),
        accessTokenSecret: secret('accessTokenSecret'),
        ...optional('clientId'),
        ...optional('clientSecret'),
      },
      declaredInConfig: channel.isDeclaredInConfig,
      createdAt: toTimestamp(channel.createdAt),
      updatedAt: toTimestamp(channel.updatedAt),
    };
  }
}
