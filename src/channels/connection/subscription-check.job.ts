import { Injectable } from '@nestjs/common';
import { ChannelConnection } from './channel-connection.service.js';
import { ChannelDirectory } from '../channel-directory.service.js';

/**
 * X's webhooks turn invalid and subscriptions vanish without a word. Looks at each connected channel and repairs what it can;
 * a channel whose line does not stand is `degraded` or `revoked` until it does.
 */
@Injectable()
export class SubscriptionCheckJob {
  constructor(
    private readonly directory: ChannelDirectory,
    private readonly connection: ChannelConnection,
  ) {}

  async run(): Promise<Record<string, number>> {
    const found: Record<string, number> = { connected: 0, degraded: 0, revoked: 0 };
    for (const channel of await this.directory.listToBeKeptAlive()) {
      const connection = await this.connection.repair(channel.id);
      if (connection !== null) {
        found[connection] = (found[connection] ?? 0) + 1;
      }
    }
    return found;
  }
}
