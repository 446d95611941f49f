import type { Ambient } from '../ambient.service.js';
import type { ChangeFeed } from '../control/change-feed.service.js';
import type { CrcChallenger, CrcOutcome } from '../delivery/crc.service.js';
import { isAcceptableWebhookUrl } from '../delivery/webhook-url.js';
import type { Account, App, Subscription, Webhook } from '../world/model.js';
import type { World } from '../world/world.service.js';

/** The generations that have webhooks by their ids and no environments. */
export type LineGeneration = 'enterprise' | 'v2';

/** Webhooks, and subscribed accounts over all of them: what an enterprise contract starts with, and what pay-per-use gives. */
export const LINE_LIMITS: Readonly<Record<LineGeneration, { webhooks: number; subscriptions: number }>> = {
  enterprise: { webhooks: 3, subscriptions: 500 },
  v2: { webhooks: 1, subscriptions: 3 },
};

export type RegistrationRefusal = 'too-many' | 'url' | Exclude<CrcOutcome, 'passed'>;

/** Webhooks that an app has by their ids, with the accounts subscribed to each. Each is kept as an environment of its own. */
export class WebhookLines {
  constructor(
    private readonly world: World,
    private readonly challenger: CrcChallenger,
    private readonly feed: ChangeFeed,
    private readonly ambient: Ambient,
  ) {}

  list(app: App, generation: LineGeneration): Webhook[] {
    return [...this.world.webhooks.values()].filter((webhook) => webhook.appId === app.id && webhook.environment === environmentOf(generation, webhook.id));
  }

  find(app: App, generation: LineGeneration, id: string): Webhook | null {
    return this.list(app, generation).find((webhook) => webhook.id === id) ?? null;
  }

  /** X challenges the address before it answers. */
  async register(app: App, generation: LineGeneration, url: string): Promise<Webhook | RegistrationRefusal> {
    const isFull = (): boolean => this.list(app, generation).length >= LINE_LIMITS[generation].webhooks;
    if (isFull()) return 'too-many';
    if (!isAcceptableWebhookUrl(url)) return 'url';
    const outcome = await this.challenger.challenge(url, app.consumerSecret);
    if (outcome !== 'passed') return outcome;
    // Another registration may have passed its challenge meanwhile.
    if (isFull()) return 'too-many';
    const createdAt = this.ambient.now();
    const id = this.world.snowflakes.create(createdAt);
    const webhook: Webhook = { id, appId: app.id, environment: environmentOf(generation, id), url, isValid: true, createdAt };
    this.world.webhooks.set(id, webhook);
    this.feed.publish({ type: 'webhook' });
    return webhook;
  }

  async validate(app: App, webhook: Webhook): Promise<CrcOutcome> {
    const outcome = await this.challenger.challenge(webhook.url, app.consumerSecret);
    webhook.isValid = outcome === 'passed';
    this.feed.publish({ type: 'webhook' });
    return outcome;
  }

  remove(webhook: Webhook): void {
    this.world.removeWebhook(webhook);
    this.feed.publish({ type: 'webhook' });
  }

  listSubscribed(webhook: Webhook): Subscription[] {
    return this.world.listSubscriptions((one) => one.appId === webhook.appId && one.environment === webhook.environment);
  }

  countSubscribed(app: App, generation: LineGeneration): number {
    return this.list(app, generation).reduce((sum, webhook) => sum + this.listSubscribed(webhook).length, 0);
  }

  isSubscribed(webhook: Webhook, accountId: string): boolean {
    return this.listSubscribed(webhook).some((one) => one.accountId === accountId);
  }

  subscribe(app: App, generation: LineGeneration, webhook: Webhook, account: Account): 'subscribed' | 'exists' | 'too-many' {
    if (this.isSubscribed(webhook, account.id)) return 'exists';
    if (this.countSubscribed(app, generation) >= LINE_LIMITS[generation].subscriptions) return 'too-many';
    this.world.addSubscription({ appId: webhook.appId, environment: webhook.environment, accountId: account.id });
    this.feed.publish({ type: 'subscription', brand: account.id });
    return 'subscribed';
  }

  /** False when there was none. */
  unsubscribe(webhook: Webhook, accountId: string): boolean {
    const isIt = (one: Subscription): boolean => one.appId === webhook.appId && one.environment === webhook.environment && one.accountId === accountId;
    const hasBeen = this.world.removeSubscriptions(isIt) > 0;
    this.feed.publish({ type: 'subscription', brand: accountId });
    return hasBeen;
  }
}

function environmentOf(generation: LineGeneration, webhookId: string): string {
  return `${generation}:${webhookId}`;
}
