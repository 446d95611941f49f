import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { Log } from '../../runtime/log.service.js';
import type { Channel } from '../channel.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import { ChannelEntity } from '../channel.entity.js';
import { ChannelCredentials } from '../credentials/channel-credentials.service.js';
import type { FormerLine } from './former-line.js';
import { Subscriptions } from './subscriptions.service.js';
import { webhookUrlOf } from './webhook-address.js';
import { WebhookRegistration } from './webhook-registration.service.js';

/**
 * Lines that channels had before their `eventsApi` or environment was changed. The change is on disk before X is asked anything, so a line that
 * could not be ended then is ended by the next look at the channel. Whoever calls this has the app's turn.
 */
@Injectable()
export class FormerLines {
  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly registration: WebhookRegistration,
    private readonly credentials: ChannelCredentials,
    private readonly directory: ChannelDirectory,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
    @InjectSettings('server') private readonly server: Settings['server'],
  ) {}

  /** Ends what is still to be ended, and takes our webhooks away that nobody else uses. Answers why that failed, in words; null when all is ended. */
  async end(channel: Channel): Promise<string | null> {
    let reason: string | null = null;
    for (const line of channel.formerLines.filter(({ endedAt }) => endedAt === null)) {
      try {
        await this.endOne(channel, line);
      } catch (error) {
        if (!(error instanceof Problem)) {
          throw error;
        }
        this.log.warn('A former line of a channel could not be ended at X', { channelId: channel.id, eventsApi: line.eventsApi, reason: error.detail });
        reason = `The line over ${line.eventsApi} that it had before is not ended at X yet: ${error.detail}`;
      }
    }
    return reason;
  }

  private async endOne(channel: Channel, line: FormerLine): Promise<void> {
    const credentials = await this.credentials.get(channel.id);
    await this.subscriptions.end({ ...channel, ...line }, credentials);
    const { publicUrl } = this.server;
    const sharing = await this.directory.listOfWebhook(line.webhookKey);
    if (publicUrl !== null && sharing.length === 0) {
      const place = { appFingerprint: channel.appFingerprint, ...line, environmentName: line.environmentName ?? '', url: webhookUrlOf(publicUrl, line.webhookKey) };
      await this.registration.remove(place, credentials);
    }
    await this.noteEnd(channel.id, line);
  }

  /** Unless the channel is back on it by now. */
  private async noteEnd(id: string, { webhookKey }: FormerLine): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const channel = await manager.findOne(ChannelEntity, { where: { id }, ...lockedForUpdate<ChannelEntity>(manager) });
      if (channel !== null) {
        this.directory.noteChange();
        const formerLines = channel.formerLines.map((line) => (line.webhookKey === webhookKey ? { ...line, endedAt: this.clock.now() } : line));
        await manager.update(ChannelEntity, { id }, { formerLines });
      }
    });
  }
}
