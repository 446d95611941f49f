import { Injectable } from '@nestjs/common';
import { Mutex } from 'async-mutex';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { Log } from '../../runtime/log.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { XCredentials } from '../../x-api/x-credentials.js';
import type { Channel } from '../channel.js';
import { ChannelEntity } from '../channel.entity.js';
import { ChannelCredentials } from '../credentials/channel-credentials.service.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import { type Connection, isToBeKeptAlive } from '../channel-status.js';
import { ConsumerSecrets } from '../credentials/consumer-secrets.service.js';
import { WebhookRegistration } from './webhook-registration.service.js';
import { webhookUrlOf } from './webhook-address.js';
import { toXProblem } from '../x-problem.js';

/** A channel's line to X: its webhook there and its subscription. One channel at a time, since channels share webhooks. */
@Injectable()
export class ChannelConnection {
  private readonly gate = new Mutex();

  constructor(
    private readonly x: XApi,
    private readonly registration: WebhookRegistration,
    private readonly credentials: ChannelCredentials,
    private readonly directory: ChannelDirectory,
    private readonly consumerSecrets: ConsumerSecrets,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
    @InjectSettings('server') private readonly server: Settings['server'],
  ) {}

  /** Registers or adopts the webhook and subscribes the account. Repeating it is harmless. @throws Problem that says what to do at X */
  connect(channel: Channel, options: { takeOver: boolean }): Promise<void> {
    return this.gate.runExclusive(async () => {
      await this.establish(channel, options).catch((error: unknown) => {
        throw toXProblem(error);
      });
      await this.setConnection(channel.id, 'connected', null);
    });
  }

  /** Ends the subscription; the webhook stays for the other channels. @throws Problem when X does not answer */
  disconnect(channel: Channel): Promise<void> {
    return this.gate.runExclusive(async () => {
      await this.unsubscribe(channel, await this.credentials.get(channel.id));
      await this.setConnection(channel.id, 'disconnected', null);
    });
  }

  /** `disconnect`, and our webhook goes too when this was its last channel. */
  remove(channel: Channel): Promise<void> {
    return this.gate.runExclusive(async () => {
      const credentials = await this.credentials.get(channel.id);
      await this.unsubscribe(channel, credentials);
      const sharing = await this.directory.listOfWebhook(channel.webhookKey);
      if (sharing.every((other) => other.id === channel.id)) {
        await this.registration.remove(channel, credentials, this.webhookUrl(channel)).catch((error: unknown) => {
          this.log.warn('A webhook could not be taken away at X', { channelId: channel.id, reason: String(error) });
        });
      }
    });
  }

  /** Makes the line to X stand again, or says in the channel's state why it does not. Never throws. */
  async repair(channelId: string): Promise<Connection | null> {
    const channel = await this.directory.findById(channelId);
    if (channel === null) {
      return null;
    }
    try {
      await this.connect(channel, { takeOver: false });
      return 'connected';
    } catch (error) {
      const isRevoked = error instanceof Problem && error.code === 'channel.credentials-rejected';
      const connection = isRevoked ? 'revoked' : 'degraded';
      const reason = error instanceof Problem ? error.detail : 'The check could not be carried out.';
      this.log.warn('A channel’s line to X does not stand', { channelId, connection, reason });
      await this.setConnection(channelId, connection, reason);
      return connection;
    }
  }

  /** The account withdrew the app's access; X has ended the subscription by itself. */
  async markRevoked(channelId: string): Promise<void> {
    await this.setConnection(channelId, 'revoked', 'The account withdrew the app’s access to it. Give the channel new tokens.');
  }

  private async establish(channel: Channel, options: { takeOver: boolean }): Promise<void> {
    const url = this.webhookUrl(channel);
    if (url === null) {
      throw new Problem('channel.public-url-missing', 'Set PUBLIC_URL to the https address under which X reaches this service, then restart it.');
    }
    const credentials = await this.credentials.get(channel.id);
    // X calls the webhook with a challenge while it registers it: the secret has to be known before.
    await this.consumerSecrets.refresh();
    const { isNew } = await this.registration.ensure(channel, credentials, url, options);
    const events = this.x.events(channel.eventsApi);
    const environment = channel.environmentName ?? '';
    if (isNew || !(await events.isSubscribed(credentials, environment))) {
      await events.subscribe(credentials, environment);
    }
    if (isNew) {
      await this.subscribeOthers(channel);
    }
    await this.learnAppId(channel, credentials);
  }

  /** Subscriptions hang on the webhook: a new one has none of those that the old one had. */
  private async subscribeOthers(channel: Channel): Promise<void> {
    const sharing = await this.directory.listOfWebhook(channel.webhookKey);
    for (const other of sharing.filter(({ id, connection }) => id !== channel.id && isToBeKeptAlive(connection))) {
      await this.x.events(other.eventsApi).subscribe(await this.credentials.get(other.id), other.environmentName ?? '');
    }
  }

  /** Tells our own sends apart in X's echoes. They are told apart without it too, so that a failure is no reason to stop. */
  private async learnAppId(channel: Channel, credentials: XCredentials): Promise<void> {
    if (channel.xAppId !== null) {
      return;
    }
    const xAppId = await this.x
      .events(channel.eventsApi)
      .findAppId(credentials, channel.environmentName ?? '')
      .catch(() => null);
    if (xAppId !== null) {
      await this.write(channel.id, { xAppId });
    }
  }

  private async unsubscribe(channel: Channel, credentials: XCredentials): Promise<void> {
    try {
      await this.x.events(channel.eventsApi).unsubscribe(credentials, channel.environmentName ?? '', channel.accountId);
    } catch (error) {
      const problem = toXProblem(error);
      // Credentials that X refuses have no subscription left to end.
      if (!(problem instanceof Problem) || problem.code !== 'channel.credentials-rejected') {
        throw problem;
      }
    }
  }

  private webhookUrl(channel: Channel): string | null {
    return this.server.publicUrl === null ? null : webhookUrlOf(this.server.publicUrl, channel.webhookKey);
  }

  private async setConnection(id: string, connection: Connection, connectionDetail: string | null): Promise<void> {
    await this.write(id, { connection, connectionDetail, updatedAt: this.clock.now() });
  }

  private async write(id: string, change: Partial<Channel>): Promise<void> {
    await this.unitOfWork.run((manager) => {
      this.directory.noteChange();
      return manager.update(ChannelEntity, { id }, change);
    });
  }
}
