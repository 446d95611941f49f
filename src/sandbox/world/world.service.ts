import type { Instant } from '../../kernel/clock.js';
import { SEED_ACCOUNTS, SEED_APP, SEED_FOLLOWS, SEED_GRANTS } from '../seeds.js';
import type { Account, ActivitySubscription, App, Grant, Message, RequestToken, Subscription, Webhook, WelcomeMessage, WelcomeRule } from './model.js';
import { ReplyAllowance } from './reply-allowance.js';
import { compareIds, SnowflakeFactory } from './snowflake.js';

/** Everything this X knows, in memory: who is there, who follows whom, what was said, who is told of it. */
export class World {
  readonly snowflakes = new SnowflakeFactory();
  readonly apps = new Map<string, App>();
  readonly accounts = new Map<string, Account>();
  readonly grants = new Map<string, Grant>();
  readonly webhooks = new Map<string, Webhook>();
  readonly welcomeMessages = new Map<string, WelcomeMessage>();
  readonly welcomeRules = new Map<string, WelcomeRule>();
  readonly requestTokens = new Map<string, RequestToken>();
  activitySubscriptions: ActivitySubscription[] = [];
  private subscriptions: Subscription[] = [];
  private readonly follows = new Set<string>();
  private readonly blocks = new Set<string>();
  private readonly wrote = new Set<string>();
  private readonly messages = new Map<string, Message>();
  private readonly messagesOf = new Map<string, Message[]>();
  private readonly allowances = new Map<string, ReplyAllowance>();

  constructor() {
    this.apps.set(SEED_APP.id, { ...SEED_APP });
    for (const account of SEED_ACCOUNTS) this.accounts.set(account.id, { ...account });
    for (const grant of SEED_GRANTS) this.grants.set(grant.token, { ...grant });
    for (const [follower, followed] of SEED_FOLLOWS) this.setFollowing(follower, followed, true);
  }

  findAppByKey(consumerKey: string): App | null {
    return [...this.apps.values()].find((app) => app.consumerKey === consumerKey) ?? null;
  }

  findAppByBearer(bearerToken: string): App | null {
    return [...this.apps.values()].find((app) => app.bearerToken === bearerToken) ?? null;
  }

  findAccountByName(screenName: string): Account | null {
    const wanted = screenName.toLowerCase();
    return [...this.accounts.values()].find((account) => account.screenName.toLowerCase() === wanted) ?? null;
  }

  listGrants(accountId: string): Grant[] {
    return [...this.grants.values()].filter((grant) => grant.accountId === accountId);
  }

  isFollowing(follower: string, followed: string): boolean {
    return this.follows.has(pair(follower, followed));
  }

  /** True when something changed. */
  setFollowing(follower: string, followed: string, isFollowing: boolean): boolean {
    return put(this.follows, pair(follower, followed), isFollowing);
  }

  isBlocking(blocker: string, blocked: string): boolean {
    return this.blocks.has(pair(blocker, blocked));
  }

  setBlocking(blocker: string, blocked: string, isBlocking: boolean): boolean {
    return put(this.blocks, pair(blocker, blocked), isBlocking);
  }

  hasWritten(sender: string, recipient: string): boolean {
    return this.wrote.has(pair(sender, recipient));
  }

  /** Keeps a message, and opens the recipient's free replies to the sender. A message dated ahead of X's clock counts as written now. */
  addMessage(message: Message, now: Instant): void {
    this.messages.set(message.id, message);
    for (const side of new Set([message.senderId, message.recipientId])) {
      const known = this.messagesOf.get(side) ?? [];
      known.push(message);
      this.messagesOf.set(side, known);
    }
    this.wrote.add(pair(message.senderId, message.recipientId));
    this.allowance(message.recipientId, message.senderId).receive(Math.min(message.createdAt, now));
  }

  findMessage(id: string): Message | null {
    return this.messages.get(id) ?? null;
  }

  findMessageWithMedia(mediaId: string): Message | null {
    return [...this.messages.values()].find(({ photo }) => photo?.mediaId === mediaId) ?? null;
  }

  /** Newest first. */
  listMessagesOf(accountId: string): Message[] {
    return [...(this.messagesOf.get(accountId) ?? [])].sort((a, b) => compareIds(b.id, a.id));
  }

  /** Oldest first. */
  listConversation(oneId: string, otherId: string): Message[] {
    const isBetween = (message: Message): boolean => message.senderId === otherId || message.recipientId === otherId;
    return this.listMessagesOf(oneId).filter(isBetween).reverse();
  }

  /** Everything the sender wrote up to that event counts as read by the recipient. */
  markRead(senderId: string, recipientId: string, lastEventId: string, at: Instant): void {
    for (const message of this.listConversation(senderId, recipientId)) {
      const isCovered = message.senderId === senderId && compareIds(message.id, lastEventId) <= 0;
      if (isCovered) message.readAt ??= at;
    }
  }

  allowance(brandId: string, participantId: string): ReplyAllowance {
    const key = pair(brandId, participantId);
    const allowance = this.allowances.get(key) ?? new ReplyAllowance();
    this.allowances.set(key, allowance);
    return allowance;
  }

  findWebhook(appId: string, environment: string): Webhook | null {
    return [...this.webhooks.values()].find((hook) => hook.appId === appId && hook.environment === environment) ?? null;
  }

  /** A webhook's subscriptions end with it: they hang on its environment. Those of X Activity stay, and tell nobody. */
  removeWebhook(webhook: Webhook): void {
    this.webhooks.delete(webhook.id);
    this.removeSubscriptions((one) => one.appId === webhook.appId && one.environment === webhook.environment);
  }

  listSubscriptions(filter: (subscription: Subscription) => boolean): Subscription[] {
    return this.subscriptions.filter(filter);
  }

  /** The webhooks that are told of an account's events, in whichever generation; each once. */
  listSubscribed(): Subscription[] {
    const all = [...this.subscriptions];
    for (const { appId, accountId, webhookId } of this.activitySubscriptions) {
      const environment = this.webhooks.get(webhookId ?? '')?.environment;
      const isNew = environment !== undefined && !all.some((one) => one.appId === appId && one.accountId === accountId && one.environment === environment);
      if (isNew) all.push({ appId, accountId, environment });
    }
    return all;
  }

  /** Everything that tells of an account, in whichever generation. How many were removed. */
  removeSubscriptionsOf(accountId: string): number {
    const before = this.activitySubscriptions.length;
    this.activitySubscriptions = this.activitySubscriptions.filter((one) => one.accountId !== accountId);
    return before - this.activitySubscriptions.length + this.removeSubscriptions((one) => one.accountId === accountId);
  }

  addSubscription(subscription: Subscription): void {
    this.subscriptions.push(subscription);
  }

  /** How many were removed. */
  removeSubscriptions(filter: (subscription: Subscription) => boolean): number {
    const before = this.subscriptions.length;
    this.subscriptions = this.subscriptions.filter((one) => !filter(one));
    return before - this.subscriptions.length;
  }
}

function pair(from: string, to: string): string {
  return `${from}>${to}`;
}

function put(set: Set<string>, key: string, isIn: boolean): boolean {
  if (set.has(key) === isIn) return false;
  if (isIn) set.add(key);
  else set.delete(key);
  return true;
}
