import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { EventsApi, type XEnvironment, type XLine, type XSubscriptions, type XWebhook } from './events-api.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { unlessRefused, XFailure } from './x-failure.js';

const webhookSchema = z.object({ id: z.string(), url: z.string(), valid: z.boolean() });
const createdSchema = z.object({ data: webhookSchema });
// X leaves the list out where there is nothing.
const webhooksSchema = z.object({ data: z.array(webhookSchema).default([]) });
const validatedSchema = z.object({ data: z.object({ valid: z.boolean() }) });
const subscribedSchema = z.object({ data: z.object({ subscribed: z.boolean() }) });
const subscriptionsSchema = z.object({
  data: z.object({ application_id: z.string().optional(), subscriptions: z.array(z.object({ user_id: z.string() })).default([]) }),
});
// X writes both as text.
const countSchema = z.object({ data: z.object({ subscriptions_count_all: z.coerce.number().int(), provisioned_count: z.coerce.number().int() }) });

const SUBSCRIPTIONS = 'account_activity/webhooks/:webhook/subscriptions';

/** Account Activity over v2. Webhooks and lists are the app's, with its bearer token; an account is subscribed with its own tokens. */
@Injectable()
export class AccountActivityV2 extends EventsApi {
  override readonly hasEnvironments = false;

  constructor(private readonly x: XClient) {
    super();
  }

  override async listEnvironments(credentials: XCredentials): Promise<XEnvironment[]> {
    const response = await this.x.asApp(credentials, (client) => client.v2.get<unknown>('webhooks', {}, { fullResponse: true }));
    return [{ name: '', webhooks: parseAnswer(webhooksSchema, response.data).data.map(toWebhook) }];
  }

  override async registerWebhook(credentials: XCredentials, _environmentName: string, url: string): Promise<XWebhook> {
    const response = await this.x.asApp(credentials, (client) => client.v2.post<unknown>('webhooks', { url }, { forceBodyMode: 'json', fullResponse: true }));
    return toWebhook(parseAnswer(createdSchema, response.data).data);
  }

  /** X may answer with success and still hold the webhook for invalid. */
  override async revalidateWebhook(credentials: XCredentials, { webhookId }: XLine): Promise<void> {
    const response = await this.x.asApp(credentials, (client) =>
      client.v2.put<unknown>('webhooks/:webhook', undefined, { params: { webhook: webhookId }, fullResponse: true }),
    );
    if (!parseAnswer(validatedSchema, response.data).data.valid) {
      throw new XFailure('answered', { status: 400, code: null, detail: 'CrcValidationFailed: X has challenged the webhook and holds it for invalid.' });
    }
  }

  override async deleteWebhook(credentials: XCredentials, { webhookId }: XLine): Promise<void> {
    await this.x.asApp(credentials, (client) =>
      client.v2.delete<unknown>('webhooks/:webhook', {}, { params: { webhook: webhookId }, fullResponse: true }),
    );
  }

  override async isSubscribed(credentials: XCredentials, { webhookId }: XLine): Promise<boolean> {
    const response = await this.x.asAccount(credentials, (client) =>
      client.v2.get<unknown>(`${SUBSCRIPTIONS}/all`, {}, { params: { webhook: webhookId }, fullResponse: true }),
    );
    return parseAnswer(subscribedSchema, response.data).data.subscribed;
  }

  override async countSubscriptions(credentials: XCredentials): Promise<{ used: number; most: number } | null> {
    const response = await this.x.asApp(credentials, (client) => client.v2.get<unknown>('account_activity/subscriptions/count', {}, { fullResponse: true }));
    const counts = countSchema.safeParse(response.data).data?.data;
    return counts === undefined ? null : { used: counts.subscriptions_count_all, most: counts.provisioned_count };
  }

  override async subscribe(credentials: XCredentials, { webhookId }: XLine): Promise<void> {
    await unlessRefused((failure) => failure.hasReason('DuplicateSubscriptionFailed'), () =>
      this.x.asAccount(credentials, (client) =>
        client.v2.post<unknown>(`${SUBSCRIPTIONS}/all`, {}, { params: { webhook: webhookId }, forceBodyMode: 'json', fullResponse: true }),
      ),
    );
  }

  override async unsubscribe(credentials: XCredentials, { webhookId }: XLine, accountId: string): Promise<void> {
    await unlessRefused((failure) => failure.hasReason('SubscriptionNotFound', 'WebhookIdInvalid'), () =>
      this.x.asApp(credentials, (client) =>
        client.v2.delete<unknown>(`${SUBSCRIPTIONS}/:account/all`, {}, { params: { webhook: webhookId, account: accountId }, fullResponse: true }),
      ),
    );
  }

  override async listSubscriptions(credentials: XCredentials, { webhookId }: XLine): Promise<XSubscriptions> {
    const response = await this.x.asApp(credentials, (client) =>
      client.v2.get<unknown>(`${SUBSCRIPTIONS}/all/list`, {}, { params: { webhook: webhookId }, fullResponse: true }),
    );
    const { application_id: appId, subscriptions } = parseAnswer(subscriptionsSchema, response.data).data;
    return { appId: appId ?? null, accountIds: subscriptions.map((subscription) => subscription.user_id) };
  }
}

function toWebhook(webhook: z.infer<typeof webhookSchema>): XWebhook {
  return { id: webhook.id, url: webhook.url, isValid: webhook.valid };
}
