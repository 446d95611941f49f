import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { EventsApi, type XEnvironment, type XLine, type XSubscriptions, type XWebhook } from './events-api.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { isNotFound, unlessRefused, X_CODES } from './x-failure.js';

const webhookSchema = z.object({ id: z.string(), url: z.string(), valid: z.boolean() });
const subscriptionsSchema = z.object({ application_id: z.string().optional(), subscriptions: z.array(z.object({ user_id: z.string() })) });
// X writes both as text.
const countSchema = z.object({ subscriptions_count_all: z.coerce.number().int(), provisioned_count: z.coerce.number().int() });

const WEBHOOKS = 'account_activity/webhooks';

/**
 * Account Activity, enterprise tier of v1.1. There are no environments: an app has several webhooks, each with subscriptions of its own,
 * and X's id of the webhook stands in every path.
 */
@Injectable()
export class AccountActivityEnterprise extends EventsApi {
  override readonly hasEnvironments = false;

  constructor(private readonly x: XClient) {
    super();
  }

  override async listEnvironments(credentials: XCredentials): Promise<XEnvironment[]> {
    const response = await this.x.asApp(credentials, (client) => client.v1.get<unknown>(`${WEBHOOKS}.json`, {}, { fullResponse: true }));
    return [{ name: '', webhooks: parseAnswer(z.array(webhookSchema), response.data).map(toWebhook) }];
  }

  override async registerWebhook(credentials: XCredentials, _environmentName: string, url: string): Promise<XWebhook> {
    const response = await this.x.asAccount(credentials, (client) =>
      client.v1.post<unknown>(`${WEBHOOKS}.json`, { url }, { forceBodyMode: 'url', fullResponse: true }),
    );
    return toWebhook(parseAnswer(webhookSchema, response.data));
  }

  override async revalidateWebhook(credentials: XCredentials, { webhookId }: XLine): Promise<void> {
    await this.x.asAccount(credentials, (client) =>
      client.v1.put<unknown>(`${WEBHOOKS}/:webhook.json`, undefined, { params: { webhook: webhookId }, fullResponse: true }),
    );
  }

  override async deleteWebhook(credentials: XCredentials, { webhookId }: XLine): Promise<void> {
    await this.x.asAccount(credentials, (client) =>
      client.v1.delete<unknown>(`${WEBHOOKS}/:webhook.json`, {}, { params: { webhook: webhookId }, fullResponse: true }),
    );
  }

  override async isSubscribed(credentials: XCredentials, { webhookId }: XLine): Promise<boolean> {
    return unlessRefused(isNotFound, () =>
      this.x.asAccount(credentials, (client) =>
        client.v1.get<unknown>(`${WEBHOOKS}/:webhook/subscriptions/all.json`, {}, { params: { webhook: webhookId }, fullResponse: true }),
      ),
    );
  }

  override async countSubscriptions(credentials: XCredentials): Promise<{ used: number; most: number } | null> {
    const response = await this.x.asApp(credentials, (client) => client.v1.get<unknown>('account_activity/subscriptions/count.json', {}, { fullResponse: true }));
    const counts = countSchema.safeParse(response.data).data;
    return counts === undefined ? null : { used: counts.subscriptions_count_all, most: counts.provisioned_count };
  }

  override async subscribe(credentials: XCredentials, { webhookId }: XLine): Promise<void> {
    await unlessRefused((failure) => failure.hasCode(X_CODES.alreadySubscribed), () =>
      this.x.asAccount(credentials, (client) =>
        client.v1.post<unknown>(`${WEBHOOKS}/:webhook/subscriptions/all.json`, undefined, { params: { webhook: webhookId }, fullResponse: true }),
      ),
    );
  }

  override async unsubscribe(credentials: XCredentials, { webhookId }: XLine, accountId: string): Promise<void> {
    await unlessRefused(isNotFound, () =>
      this.x.asApp(credentials, (client) =>
        client.v1.delete<unknown>(`${WEBHOOKS}/:webhook/subscriptions/:account/all.json`, {}, {
          params: { webhook: webhookId, account: accountId },
          fullResponse: true,
        }),
      ),
    );
  }

  override async listSubscriptions(credentials: XCredentials, { webhookId }: XLine): Promise<XSubscriptions> {
    const response = await this.x.asApp(credentials, (client) =>
      client.v1.get<unknown>(`${WEBHOOKS}/:webhook/subscriptions/all/list.json`, {}, { params: { webhook: webhookId }, fullResponse: true }),
    );
    const { application_id: appId, subscriptions } = parseAnswer(subscriptionsSchema, response.data);
    return { appId: appId ?? null, accountIds: subscriptions.map((subscription) => subscription.user_id) };
  }
}

function toWebhook(webhook: z.infer<typeof webhookSchema>): XWebhook {
  return { id: webhook.id, url: webhook.url, isValid: webhook.valid };
}
