import { z } from 'zod';
import { EventsApi, type XEnvironment, type XLine, type XWebhook } from './events-api.js';
import { parseAnswer } from './x-answer.js';
import type { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { XFailure } from './x-failure.js';

const webhookSchema = z.object({ id: z.string(), url: z.string(), valid: z.boolean() });
const createdSchema = z.object({ data: webhookSchema });
// X leaves the list out where there is nothing.
const webhooksSchema = z.object({ data: z.array(webhookSchema).default([]) });
const validatedSchema = z.object({ data: z.object({ valid: z.boolean() }) });

/** v2’s webhooks, which the generations that tell of events over v2 share. They are the app’s, with its bearer token. */
export abstract class AppWebhooks extends EventsApi {
  override readonly hasEnvironments = false;

  constructor(protected readonly x: XClient) {
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
}

function toWebhook(webhook: z.infer<typeof webhookSchema>): XWebhook {
  return { id: webhook.id, url: webhook.url, isValid: webhook.valid };
}
