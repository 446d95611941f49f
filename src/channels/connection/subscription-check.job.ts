import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Log } from '../../runtime/log.service.js';
import type { Channel } from '../channel.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import { ChannelChecks } from '../health/channel-checks.service.js';
import { SecretRotation } from '../credentials/secret-rotation.service.js';

/** Apps that are looked at side by side: with X slow, one after the other would take longer than the time between two checks. */
const AT_ONCE = 4;

/**
 * X's webhooks turn invalid and subscriptions vanish without a word. Looks at all channels of an app together and repairs what it can;
 * a channel whose line does not stand is `degraded` or `revoked` until it does. A revoked one is left alone.
 */
@Injectable()
export class SubscriptionCheckJob implements OnModuleDestroy {
  private isStopping = false;

  constructor(
    private readonly directory: ChannelDirectory,
    private readonly checks: ChannelChecks,
    private readonly rotation: SecretRotation,
    private readonly log: Log,
  ) {}

  /** The app that is being looked at is the last one. Before the wait for running jobs. */
  onModuleDestroy(): void {
    this.isStopping = true;
  }

  async run(): Promise<Record<string, number>> {
    const channels = await this.directory.listToBeKeptAlive();
    const apps = [...new Set(channels.map(({ appFingerprint }) => appFingerprint))];
    const next = async (): Promise<void> => {
      for (let app = apps.shift(); app !== undefined && !this.isStopping; app = apps.shift()) {
        const fingerprint = app;
        await this.checkApp(fingerprint, channels.filter((channel) => channel.appFingerprint === fingerprint));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    await this.rotation.retire();
    const found: Record<string, number> = { connected: 0, degraded: 0, revoked: 0 };
    for (const { connection } of await this.directory.findByIds(channels.map(({ id }) => id))) {
      found[connection] = (found[connection] ?? 0) + 1;
    }
    return found;
  }

  private async checkApp(appFingerprint: string, channels: readonly Channel[]): Promise<void> {
    try {
      await this.checks.run(appFingerprint, channels, { wanted: channels, takeOver: false, isEager: false, isChallenged: false, isKeptAlive: true });
    } catch (error) {
      this.log.error('The channels of an app could not be checked', { channels: channels.length }, error);
    }
  }
}
