import { emptyAnswer, jsonAnswer, readParams, type Answer } from '../wire/exchange.js';
import { findParam } from '../wire/form-params.js';
import { writeJson } from '../wire/json-text.js';
import type { Webhook } from '../world/model.js';
import { LINE_LIMITS, type WebhookLines } from './webhook-lines.service.js';
import { webhookObject } from './webhooks.controller.js';
import { refuse, refuseMissing } from './x-error.js';
import { appOf, pathParam, userOf, type XCall, type XRoute } from './x-route.js';

const WEBHOOKS = '/1.1/account_activity/webhooks';
const REFUSALS = { 'too-many': 'tooManyResources', url: 'webhookUrlUnacceptable', crcWrong: 'crcWrong', crcSlow: 'crcSlow', crcNotOk: 'crcNotOk' } as const;

/** Account Activity, enterprise tier of v1.1. */
export class EnterpriseActivityController {
  constructor(private readonly lines: WebhookLines) {}

  routes(): XRoute[] {
    const webhooks = { fault: 'webhooks', family: 'webhooks' } as const;
    const own = { fault: 'subscriptions', family: 'subscriptions', access: 'user', wrongAccess: 'couldNotAuthenticate', path: `${WEBHOOKS}/:webhookId/subscriptions/all.json` } as const;
    const lists = { fault: 'subscription-lists', family: 'subscription-lists', access: 'app', method: 'GET' } as const;
    return [
      { ...webhooks, method: 'POST', path: `${WEBHOOKS}.json`, access: 'user', wrongAccess: 'applicationCannotWrite', answer: (call) => this.register(call) },
      { ...webhooks, method: 'GET', path: `${WEBHOOKS}.json`, access: 'app', answer: (call) => jsonAnswer(200, writeJson(this.lines.list(appOf(call), 'enterprise').map(webhookObject))) },
      { ...webhooks, method: 'PUT', path: `${WEBHOOKS}/:webhookId.json`, access: 'user', wrongAccess: 'couldNotAuthenticate', answer: (call) => this.revalidate(call) },
      { ...webhooks, method: 'DELETE', path: `${WEBHOOKS}/:webhookId.json`, access: 'user', wrongAccess: 'couldNotAuthenticate', answer: (call) => this.remove(call) },
      { ...own, method: 'POST', answer: (call) => this.subscribe(call) },
      { ...own, method: 'GET', answer: (call) => (this.lines.isSubscribed(this.webhookOf(call), userOf(call).account.id) ? emptyAnswer(204) : refuse('noSuchPage')) },
      { ...lists, path: `${WEBHOOKS}/:webhookId/subscriptions/all/list.json`, answer: (call) => this.list(call) },
      { ...lists, path: '/1.1/account_activity/subscriptions/count.json', answer: (call) => this.count(call) },
      {
        method: 'DELETE',
        path: `${WEBHOOKS}/:webhookId/subscriptions/:userId/all.json`,
        fault: 'subscriptions',
        family: 'subscriptions',
        access: 'app',
        answer: (call) => (this.lines.unsubscribe(this.webhookOf(call), pathParam(call, 'userId')) ? emptyAnswer(204) : refuse('noSuchPage')),
      },
    ];
  }

  private async register(call: XCall): Promise<Answer> {
    const url = findParam(readParams(call.request), 'url') ?? refuseMissing('url');
    const made = await this.lines.register(appOf(call), 'enterprise', url);
    return typeof made === 'string' ? refuse(REFUSALS[made]) : jsonAnswer(200, writeJson(webhookObject(made)));
  }

  private async revalidate(call: XCall): Promise<Answer> {
    const outcome = await this.lines.validate(appOf(call), this.webhookOf(call));
    return outcome === 'passed' ? emptyAnswer(204) : refuse(outcome);
  }

  private remove(call: XCall): Answer {
    this.lines.remove(this.webhookOf(call));
    return emptyAnswer(204);
  }

  private subscribe(call: XCall): Answer {
    const { app, grant, account } = userOf(call);
    if (grant.accessLevel !== 'read-write-directmessages') refuse('subscriptionNotPermitted');
    const outcome = this.lines.subscribe(app, 'enterprise', this.webhookOf(call), account);
    if (outcome === 'exists') refuse('subscriptionExists');
    return outcome === 'too-many' ? refuse('tooManyResources') : emptyAnswer(204);
  }

  private list(call: XCall): Answer {
    const webhook = this.webhookOf(call);
    const subscriptions = this.lines.listSubscribed(webhook).map((one) => ({ user_id: one.accountId }));
    return jsonAnswer(200, writeJson({ webhook_id: webhook.id, webhook_url: webhook.url, application_id: webhook.appId, subscriptions }));
  }

  private count(call: XCall): Answer {
    const app = appOf(call);
    const used = String(this.lines.countSubscribed(app, 'enterprise'));
    const counts = { subscriptions_count_all: used, subscriptions_count_direct_messages: '0', provisioned_count: String(LINE_LIMITS.enterprise.subscriptions) };
    return jsonAnswer(200, writeJson({ account_name: app.accountName, ...counts }));
  }

  private webhookOf(call: XCall): Webhook {
    return this.lines.find(appOf(call), 'enterprise', pathParam(call, 'webhookId')) ?? refuse('noSuchWebhook');
  }
}
