import type { Instant } from '../../kernel/clock.js';
import { toTimestamp } from '../../kernel/clock.js';
import type { Ambient } from '../ambient.service.js';
import type { ChangeFeed } from '../control/change-feed.service.js';
import type { CrcChallenger } from '../delivery/crc.service.js';
import { isAcceptableWebhookUrl } from '../delivery/webhook-url.js';
import { emptyAnswer, jsonAnswer, readParams, type Answer } from '../wire/exchange.js';
import { findParam } from '../wire/form-params.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import type { App, Webhook } from '../world/model.js';
import type { World } from '../world/world.service.js';
import { refuse, refuseMissing } from './x-error.js';
import { appOf, pathParam, type XCall, type XRoute } from './x-route.js';

const ALL = '/1.1/account_activity/all';

/** The webhooks of the premium Account Activity API: one per environment label. */
export class WebhooksController {
  constructor(
    private readonly world: World,
    private readonly challenger: CrcChallenger,
    private readonly feed: ChangeFeed,
    private readonly ambient: Ambient,
    /** X asks for the app owner's tokens. Off, any account of the app may register. */
    private readonly isOwnerRequired: boolean,
  ) {}

  routes(): XRoute[] {
    const shared = { fault: 'webhooks', family: 'webhooks' } as const;
    const one = `${ALL}/:environment/webhooks/:webhookId.json`;
    return [
      { ...shared, method: 'GET', path: `${ALL}/webhooks.json`, access: 'user-or-app', answer: (call) => this.listAll(call) },
      { ...shared, method: 'GET', path: `${ALL}/:environment/webhooks.json`, access: 'user-or-app', answer: (call) => this.list(call) },
      {
        ...shared,
        method: 'POST',
        path: `${ALL}/:environment/webhooks.json`,
        access: 'user',
        wrongAccess: 'applicationCannotWrite',
        answer: (call) => this.register(call),
      },
      { ...shared, method: 'PUT', path: one, access: 'user-or-app', answer: (call) => this.revalidate(call) },
      { ...shared, method: 'DELETE', path: one, access: 'user', wrongAccess: 'couldNotAuthenticate', answer: (call) => this.remove(call) },
    ];
  }

  private listAll(call: XCall): Answer {
    const app = appOf(call);
    const environments = app.environments.map((environment) => ({
      environment_name: environment,
      webhooks: this.listOf(app, environment),
    }));
    return jsonAnswer(200, writeJson({ environments }));
  }

  private list(call: XCall): Answer {
    return jsonAnswer(200, writeJson(this.listOf(appOf(call), environmentOf(call))));
  }

  /** X challenges the address before it answers. */
  private async register(call: XCall): Promise<Answer> {
    const app = this.ownerApp(call);
    const environment = environmentOf(call);
    const url = findParam(readParams(call.request), 'url') ?? refuseMissing('url');
    if (this.world.findWebhook(app.id, environment) !== null) refuse('tooManyResources');
    if (!isAcceptableWebhookUrl(url)) refuse('webhookUrlUnacceptable');
    const outcome = await this.challenger.challenge(url, app.consumerSecret);
    if (outcome !== 'passed') refuse(outcome);
    // Another registration may have passed its challenge meanwhile.
    if (this.world.findWebhook(app.id, environment) !== null) refuse('tooManyResources');
    const createdAt = this.ambient.now();
    const webhook: Webhook = { id: this.world.snowflakes.create(createdAt), appId: app.id, environment, url, isValid: true, createdAt };
    this.world.webhooks.set(webhook.id, webhook);
    this.feed.publish({ type: 'webhook' });
    return jsonAnswer(200, writeJson(webhookObject(webhook)));
  }

  private async revalidate(call: XCall): Promise<Answer> {
    const app = this.ownerApp(call);
    const webhook = this.webhookOf(call, app);
    const outcome = await this.challenger.challenge(webhook.url, app.consumerSecret);
    webhook.isValid = outcome === 'passed';
    this.feed.publish({ type: 'webhook' });
    return outcome === 'passed' ? emptyAnswer(204) : refuse(outcome);
  }

  private remove(call: XCall): Answer {
    this.world.removeWebhook(this.webhookOf(call, this.ownerApp(call)));
    this.feed.publish({ type: 'webhook' });
    return emptyAnswer(204);
  }

  private listOf(app: App, environment: string): JsonValue[] {
    const webhook = this.world.findWebhook(app.id, environment);
    return webhook === null ? [] : [webhookObject(webhook)];
  }

  private ownerApp(call: XCall): App {
    const app = appOf(call);
    const isOwner = call.caller.kind === 'app' || (call.caller.kind === 'user' && call.caller.account.id === app.ownerId);
    return this.isOwnerRequired && !isOwner ? refuse('forbidden') : app;
  }

  private webhookOf(call: XCall, app: App): Webhook {
    const environment = environmentOf(call);
    const webhook = this.world.webhooks.get(pathParam(call, 'webhookId'));
    if (webhook === undefined || webhook.appId !== app.id || webhook.environment !== environment) refuse('noSuchWebhook');
    return webhook;
  }
}

/** The label in the path, when the caller's app has exactly that one. */
export function environmentOf(call: XCall): string {
  const environment = pathParam(call, 'environment');
  return appOf(call).environments.includes(environment) ? environment : refuse('noSuchPage');
}

export function webhookObject(webhook: Webhook): JsonValue {
  return { id: webhook.id, url: webhook.url, valid: webhook.isValid, created_timestamp: spacedTimestamp(webhook.createdAt) };
}

/** `2026-08-18 07:58:10 +0000`. */
function spacedTimestamp(instant: Instant): string {
  return toTimestamp(instant).replace('T', ' ').replace(/\.\d+Z$/, ' +0000');
}
