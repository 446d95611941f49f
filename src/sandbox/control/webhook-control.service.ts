import type { CrcChallenger, CrcOutcome } from '../delivery/crc.service.js';
import type { Webhook } from '../world/model.js';
import type { World } from '../world/world.service.js';
import type { ChangeFeed } from './change-feed.service.js';
import { ControlError } from './control-error.js';

/** What X does to webhooks on its own account. */
export class WebhookControl {
  constructor(
    private readonly world: World,
    private readonly challenger: CrcChallenger,
    private readonly feed: ChangeFeed,
  ) {}

  /** No events go there until a challenge is passed after a PUT. */
  invalidate(webhookId: string): Webhook {
    const webhook = this.world.webhooks.get(webhookId);
    if (webhook === undefined) throw new ControlError(404, `No webhook ${webhookId}`);
    webhook.isValid = false;
    this.feed.publish({ type: 'webhook' });
    return webhook;
  }

  /** As if the app's owner had taken it away: its subscriptions end with it. */
  remove(webhookId: string): void {
    const webhook = this.world.webhooks.get(webhookId);
    if (webhook === undefined) throw new ControlError(404, `No webhook ${webhookId}`);
    this.world.removeWebhook(webhook);
    this.feed.publish({ type: 'webhook' });
  }

  /** X's periodic challenge of every valid webhook: one that fails becomes invalid. Only a PUT makes it valid again. */
  async challengeAll(): Promise<{ webhookId: string; outcome: CrcOutcome }[]> {
    const valid = [...this.world.webhooks.values()].filter((webhook) => webhook.isValid);
    const outcomes = valid.map(async (webhook) => {
      const consumerSecret = this.world.apps.get(webhook.appId)?.consumerSecret ?? '';
      const outcome = await this.challenger.challenge(webhook.url, consumerSecret);
      webhook.isValid = outcome === 'passed';
      return { webhookId: webhook.id, outcome };
    });
    const results = await Promise.all(outcomes);
    this.feed.publish({ type: 'webhook' });
    return results;
  }

  unsubscribe(accountId: string): number {
    const removed = this.world.removeSubscriptionsOf(accountId);
    this.feed.publish({ type: 'subscription', brand: accountId });
    return removed;
  }
}
