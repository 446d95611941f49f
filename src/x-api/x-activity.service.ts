import { Injectable } from '@nestjs/common';
import type { TwitterApi, TwitterResponse } from 'twitter-api-v2';
import { type ActivitySubscription, fullySubscribed, missingTypes, namesSubscription, readSubscriptionPage } from './activity-subscription.js';
import type { XLine, XSubscriptions } from './events-api.js';
import { AppWebhooks } from './app-webhooks.service.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { isNotFound, unlessRefused, XFailure } from './x-failure.js';

const SUBSCRIPTIONS = 'activity/subscriptions';
const PAGE = 1_000;
/** X's partners have 150,000 subscriptions at most. */
const MOST_PAGES = 150;

type Get = (call: (client: TwitterApi) => Promise<TwitterResponse<unknown>>) => Promise<TwitterResponse<unknown>>;

/**
 * The X Activity API: v2's webhooks, and a subscription for each type of event of an account. The list, changes and ends are the
 * app's, with its bearer token; new ones are asked for with the account's tokens.
 */
@Injectable()
export class XActivity extends AppWebhooks {
  constructor(x: XClient) {
    super(x);
  }

  /** X tells no id of the app here. */
  override async listSubscriptions(credentials: XCredentials, { webhookId }: XLine): Promise<XSubscriptions> {
    return { appId: null, accountIds: fullySubscribed(await this.list((call) => this.x.asApp(credentials, call)), webhookId) };
  }

  override async isSubscribed(credentials: XCredentials, { webhookId }: XLine, accountId: string): Promise<boolean> {
    const all = await this.list((call) => this.x.asAccount(credentials, call));
    return missingTypes(all, webhookId, accountId).length === 0;
  }

  /** X does not say how many it lets the app have. */
  override countSubscriptions(): Promise<null> {
    return Promise.resolve(null);
  }

  /** Only what is missing is asked for, one type after the other; what hung on a webhook that is gone is moved to this one. */
  override async subscribe(credentials: XCredentials, line: XLine, accountId: string): Promise<void> {
    const asApp: Get = (call) => this.x.asApp(credentials, call);
    const before = await this.list(asApp);
    const left = await this.listLeft(credentials, before, accountId);
    const unsure = new Map<string, XFailure | null>();
    for (const type of missingTypes(before, line.webhookId, accountId)) {
      const moving = left.find(({ eventType }) => eventType === type);
      if (moving !== undefined) {
        await this.move(credentials, moving, line);
        continue;
      }
      const refusal = await this.create(credentials, type, accountId, line);
      if (refusal !== undefined) {
        unsure.set(type, refusal);
      }
    }
    // X's answer to a new one is not the same everywhere, and a refusal may mean that it was there: the list tells.
    const after = unsure.size === 0 ? [] : await this.list(asApp);
    for (const type of unsure.size === 0 ? [] : missingTypes(after, line.webhookId, accountId).filter((one) => unsure.has(one))) {
      throw unsure.get(type) ?? occupiedOrUnlisted(after, type, accountId);
    }
  }

  override async unsubscribe(credentials: XCredentials, { webhookId }: XLine, accountId: string): Promise<void> {
    const all = await this.list((call) => this.x.asApp(credentials, call));
    for (const { id } of all.filter((one) => one.webhookId === webhookId && one.accountId === accountId)) {
      await unlessRefused(isNotFound, () =>
        this.x.asApp(credentials, (client) => client.v2.delete<unknown>(`${SUBSCRIPTIONS}/:id`, {}, { params: { id }, fullResponse: true })),
      );
    }
  }

  /** Undefined when X names the new subscription; otherwise its list is to tell, and the refusal, if it was no other than of a second one. */
  private async create(credentials: XCredentials, type: string, accountId: string, { webhookId }: XLine): Promise<XFailure | null | undefined> {
    const body = { event_type: type, filter: { user_id: accountId }, tag: type, webhook_id: webhookId };
    try {
      const { data } = await this.x.asAccount(credentials, (client) => client.v2.post<unknown>(SUBSCRIPTIONS, body, { forceBodyMode: 'json', fullResponse: true }));
      return namesSubscription(data) ? undefined : null;
    } catch (error) {
      if (!(error instanceof XFailure) || error.answer.status !== 400) {
        throw error;
      }
      // X words it in several ways: that it is there already, that there is no room, that the request is wrong.
      return error.answer.detail.includes('Duplicate') ? null : error;
    }
  }

  private async move(credentials: XCredentials, { id, eventType }: ActivitySubscription, { webhookId }: XLine): Promise<void> {
    const body = { tag: eventType, webhook_id: webhookId };
    await this.x.asApp(credentials, (client) => client.v2.put<unknown>(`${SUBSCRIPTIONS}/:id`, body, { params: { id }, forceBodyMode: 'json', fullResponse: true }));
  }

  /** The account's subscriptions to webhooks that X has no more. */
  private async listLeft(credentials: XCredentials, all: readonly ActivitySubscription[], accountId: string): Promise<ActivitySubscription[]> {
    const own = all.filter((one) => one.accountId === accountId && one.webhookId !== null);
    if (own.length === 0) {
      return [];
    }
    const there = (await this.listEnvironments(credentials)).flatMap(({ webhooks }) => webhooks.map(({ id }) => id));
    return own.filter(({ webhookId }) => !there.includes(webhookId ?? ''));
  }

  private async list(get: Get): Promise<ActivitySubscription[]> {
    const all: ActivitySubscription[] = [];
    let token: string | null = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query: Record<string, string | number> = { max_results: PAGE, ...(token === null ? {} : { pagination_token: token }) };
      const { data } = await get((client) => client.v2.get<unknown>(SUBSCRIPTIONS, query, { fullResponse: true }));
      const read = readSubscriptionPage(data);
      if (read === null) {
        throw new XFailure('maybe-sent', { status: 200, code: null, detail: 'X’s list of subscriptions was not understood.' });
      }
      all.push(...read.subscriptions);
      token = read.nextToken;
      if (token === null) {
        break;
      }
    }
    return all;
  }
}

/** X says that the subscription is there, or took it, and lists none to this webhook. */
function occupiedOrUnlisted(all: readonly ActivitySubscription[], type: string, accountId: string): XFailure {
  const other = all.find((one) => one.eventType === type && one.accountId === accountId);
  const detail =
    other === undefined
      ? `X took the subscription to ${type} and does not list it.`
      : `SubscribedElsewhere: subscription ${other.id} tells ${other.webhookId === null ? 'no webhook' : `webhook ${other.webhookId}`} of ${type}.`;
  return new XFailure('answered', { status: 400, code: null, detail });
}
