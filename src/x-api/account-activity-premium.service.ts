import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { EventsApi, type XEnvironment, type XLine, type XSubscriptions, type XWebhook } from './events-api.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { isNotFound, unlessRefused, X_CODES } from './x-failure.js';

const webhookSchema = z.object({ id: z.string(), url: z.string(), valid: z.boolean() });
const environmentsSchema = z.object({
  environments: z.array(z.object({ environment_name: z.string(), webhooks: z.array(webhookSchema) })),
});
const subscriptionsSchema = z.object({ application_id: z.string().optional(), subscriptions: z.array(z.object({ user_id: z.string() })) });
// X writes both as text.
const countSchema = z.object({ subscriptions_count: z.coerce.number().int(), provisioned_count: z.coerce.number().int() });

const ENVIRONMENT = 'account_activity/all/:environment';

/**
 * Account Activity, premium and sandbox tiers of v1.1. Webhooks belong to an environment (the dev environment label)
 * and are managed with the tokens that the app was given; lists and the end of a subscription want the app's bearer token.
 */
@Injectable()
export class AccountActivityPremium extends EventsApi {
  override readonly hasEnvironments = true;

  constructor(private readonly x: XClient) {
    super();
  }

  override async listEnvironments(credentials: XCredentials): Promise<XEnvironment[]> {
    const response = await this.x.asApp(credentials, (client) =>
      client.v1.get<unknown>('account_activity/all/webhooks.json', {}, { fullResponse: true }),
    );
    return parseAnswer(environmentsSchema, response.data).environments.map((environment) => ({
      name: environment.environment_name,
      webhooks: environment.webhooks.map(toWebhook),
    }));
  }

  override async registerWebhook(credentials: XCredentials, environmentName: string, url: string): Promise<XWebhook> {
    const response = await this.x.asAccount(credentials, (client) =>
      client.v1.post<unknown>(`${ENVIRONMENT}/webhooks.json`, { url }, {
        params: { environment: environmentName },
        forceBodyMode: 'url',
        fullResponse: true,
      }),
    );
    return toWebhook(parseAnswer(webhookSchema, response.data));
  }

  override async revalidateWebhook(credentials: XCredentials, { environmentName, webhookId }: XLine): Promise<void> {
    await this.x.asAccount(credentials, (client) =>
      client.v1.put<unknown>(`${ENVIRONMENT}/webhooks/:webhook.json`, undefined, {
        params: { environment: environmentName, webhook: webhookId },
        fullResponse: true,
      }),
    );
  }

  override async deleteWebhook(credentials: XCredentials, { environmentName, webhookId }: XLine): Promise<void> {
    await this.x.asAccount(credentials, (client) =>
      client.v1.delete<unknown>(`${ENVIRONMENT}/webhooks/:webhook.json`, {}, {
        params: { environment: environmentName, webhook: webhookId },
        fullResponse: true,
      }),
    );
  }

  override async isSubscribed(credentials: XCredentials, { environmentName }: XLine): Promise<boolean> {
    return unlessRefused(isNotFound, () =>
      this.x.asAccount(credentials, (client) =>
        client.v1.get<unknown>(`${ENVIRONMENT}/subscriptions.json`, {}, {
          params: { environment: environmentName },
          fullResponse: true,
        }),
      ),
    );
  }

  override async countSubscriptions(credentials: XCredentials): Promise<{ used: number; most: number } | null> {
    const response = await this.x.asApp(credentials, (client) => client.v1.get<unknown>('account_activity/all/subscriptions/count.json', {}, { fullResponse: true }));
    const counts = countSchema.safeParse(response.data).data;
    return counts === undefined ? null : { used: counts.subscriptions_count, most: counts.provisioned_count };
  }

  override async subscribe(credentials: XCredentials, { environmentName }: XLine): Promise<void> {
    await unlessRefused((failure) => failure.hasCode(X_CODES.alreadySubscribed), () =>
      this.x.asAccount(credentials, (client) =>
        client.v1.post<unknown>(`${ENVIRONMENT}/subscriptions.json`, undefined, {
          params: { environment: environmentName },
          fullResponse: true,
        }),
      ),
    );
  }

  override async unsubscribe(credentials: XCredentials, { environmentName }: XLine, accountId: string): Promise<void> {
    await unlessRefused(isNotFound, () =>
      this.x.asApp(credentials, (client) =>
        client.v1.delete<unknown>(`${ENVIRONMENT}/subscriptions/:account.json`, {}, {
          params: { environment: environmentName, account: accountId },
          fullResponse: true,
        }),
      ),
    );
  }

  override async listSubscriptions(credentials: XCredentials, { environmentName }: XLine): Promise<XSubscriptions> {
    const response = await this.x.asApp(credentials, (client) =>
      client.v1.get<unknown>(`${ENVIRONMENT}/subscriptions/list.json`, {}, {
        params: { environment: environmentName },
        fullResponse: true,
      }),
    );
    const { application_id: appId, subscriptions } = parseAnswer(subscriptionsSchema, response.data);
    return { appId: appId ?? null, accountIds: subscriptions.map((subscription) => subscription.user_id) };
  }
}

function toWebhook(webhook: z.infer<typeof webhookSchema>): XWebhook {
  return { id: webhook.id, url: webhook.url, isValid: webhook.valid };
}
