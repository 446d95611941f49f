import { Injectable } from '@nestjs/common';
import { Problem } from '../../kernel/problem.js';
import type { EventsApi, XWebhook } from '../../x-api/events-api.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { XCredentials } from '../../x-api/x-credentials.js';
import { XFailure } from '../../x-api/x-failure.js';
import type { Channel } from '../channel.js';

/** Our place among X's webhooks: one an environment, taken without pushing anybody out unless told to. */
@Injectable()
export class WebhookRegistration {
  constructor(private readonly x: XApi) {}

  /**
   * Makes X have a valid webhook with `url`. `isNew` tells that it had to be made, with no subscriptions yet.
   * @throws Problem `channel.webhook-occupied`, `channel.environment-not-found`; XFailure for what X refuses
   */
  async ensure(
    channel: Channel,
    credentials: XCredentials,
    url: string,
    options: { takeOver: boolean },
  ): Promise<{ isNew: boolean }> {
    const events = this.x.events(channel.eventsApi);
    const environment = channel.environmentName ?? '';
    const webhooks = (await events.listWebhooks(credentials, environment)) ?? [];
    const ours = webhooks.find((webhook) => webhook.url === url);
    if (ours !== undefined) {
      if (!ours.isValid) {
        await events.revalidateWebhook(credentials, environment, ours.id);
      }
      return { isNew: false };
    }
    const [foreign] = webhooks;
    if (foreign !== undefined) {
      if (!options.takeOver) {
        throw occupied(environment, foreign);
      }
      await events.deleteWebhook(credentials, environment, foreign.id);
    }
    await this.register(events, credentials, environment, url);
    return { isNew: true };
  }

  /** Takes our webhook away, if X has it. */
  async remove(channel: Channel, credentials: XCredentials, url: string | null): Promise<void> {
    const events = this.x.events(channel.eventsApi);
    const environment = channel.environmentName ?? '';
    const webhooks = (await events.listWebhooks(credentials, environment)) ?? [];
    const ours = webhooks.find((webhook) => webhook.url === url);
    if (ours !== undefined) {
      await events.deleteWebhook(credentials, environment, ours.id);
    }
  }

  /** A label that X does not list is tried all the same: X then says in its own words, and with its code, what is wrong with it. */
  private async register(events: EventsApi, credentials: XCredentials, environment: string, url: string): Promise<void> {
    try {
      await events.registerWebhook(credentials, environment, url);
    } catch (error) {
      throw error instanceof XFailure && error.answer.status === 404 ? unknownEnvironment(environment, error) : error;
    }
  }
}

function unknownEnvironment(environment: string, cause: XFailure): Problem {
  return new Problem(
    'channel.environment-not-found',
    `X has no dev environment with the label “${environment}” for this app. Capitals count: copy the label from “Dev environments” in the developer portal.`,
    { x: cause.answer, cause },
  );
}

function occupied(environment: string, foreign: XWebhook): Problem {
  return new Problem(
    'channel.webhook-occupied',
    `The environment “${environment}” has its only webhook already: ${foreign.url}. Connect with {"takeOver": true} to remove it; whatever it serves goes silent.`,
    { members: { webhookUrl: foreign.url } },
  );
}
