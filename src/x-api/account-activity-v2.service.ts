import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { XLine, XSubscriptions } from './events-api.js';
import { AppWebhooks } from './app-webhooks.service.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { unlessRefused } from './x-failure.js';

const subscribedSchema = z.object({ data: z.object({ subscribed: z.boolean() }) });
const subscriptionsSchema = z.object({
  data: z.object({ application_id: z.string().optional(), subscriptions: z.array(z.object({ user_id: z.string() })).default([]) }),
});
// X writes both as text.
const countSchema = z.object({ data: z.object({ subscriptions_count_all: z.coerce.number().int(), provisioned_count: z.coerce.number().int() }) });

const SUBSCRIPTIONS = 'account_activity/webhooks/:webhook/subscriptions';

/** Account Activity over v2. Lists are the app's, with its bearer token; an account is subscribed with its own tokens. */
@Injectable()
export class AccountActivityV2 extends AppWebhooks {
  constructor(x: XClient) {
    super(x);
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
