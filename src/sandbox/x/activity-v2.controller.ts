import { toTimestamp } from '../../kernel/clock.js';
import { jsonAnswer, readJson, type Answer } from '../wire/exchange.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import type { Webhook } from '../world/model.js';
import { LINE_LIMITS, type RegistrationRefusal, type WebhookLines } from './webhook-lines.service.js';
import { appOf, pathParam, userOf, type XCall, type XRoute } from './x-route.js';

const SUBSCRIPTIONS = '/2/account_activity/webhooks/:webhookId/subscriptions';
const MAX_URL = 200;

const REASONS: Readonly<Record<RegistrationRefusal, string>> = {
  'too-many': 'WebhookLimitExceeded: ',
  url: 'UrlValidationFailed: ',
  crcWrong: 'CrcValidationFailed: Invalid response_token',
  crcSlow: 'CrcValidationFailed: Timeout',
  crcNotOk: 'CrcValidationFailed: Non-200 response',
};

/** Webhooks and Account Activity over v2. */
export class ActivityV2Controller {
  constructor(private readonly lines: WebhookLines) {}

  routes(): XRoute[] {
    const webhooks = { fault: 'webhooks', family: 'webhooks-v2', access: 'user-or-app' } as const;
    const subscriptions = { fault: 'subscriptions', family: 'subscriptions' } as const;
    const lists = { fault: 'subscription-lists', family: 'subscription-lists', access: 'app', method: 'GET' } as const;
    return [
      { ...webhooks, method: 'POST', path: '/2/webhooks', answer: (call) => this.register(call) },
      { ...webhooks, method: 'GET', path: '/2/webhooks', access: 'app', answer: (call) => this.list(call) },
      { ...webhooks, method: 'PUT', path: '/2/webhooks/:webhookId', answer: (call) => this.revalidate(call) },
      { ...webhooks, method: 'DELETE', path: '/2/webhooks/:webhookId', answer: (call) => this.remove(call) },
      { ...subscriptions, method: 'POST', path: `${SUBSCRIPTIONS}/all`, access: 'direct-messages', answer: (call) => this.subscribe(call) },
      { ...subscriptions, method: 'GET', path: `${SUBSCRIPTIONS}/all`, access: 'user', answer: (call) => this.isSubscribed(call) },
      { ...lists, path: `${SUBSCRIPTIONS}/all/list`, answer: (call) => this.listSubscribed(call) },
      { ...lists, path: '/2/account_activity/subscriptions/count', answer: (call) => this.count(call) },
      { ...subscriptions, method: 'DELETE', path: `${SUBSCRIPTIONS}/:userId/all`, access: 'app', answer: (call) => this.unsubscribe(call) },
    ];
  }

  private async register(call: XCall): Promise<Answer> {
    const url = readUrl(readJson(call.request));
    if (url === null) return refusal('UrlValidationFailed: ');
    const made = await this.lines.register(appOf(call), 'v2', url);
    return typeof made === 'string' ? refusal(REASONS[made]) : told(webhookObject(made));
  }

  private list(call: XCall): Answer {
    const webhooks = this.lines.list(appOf(call), 'v2').map(webhookObject);
    return jsonAnswer(200, writeJson({ data: webhooks, meta: { result_count: webhooks.length } }));
  }

  private async revalidate(call: XCall): Promise<Answer> {
    const webhook = this.webhookOf(call);
    if (webhook === null) return refusal('WebhookIdInvalid: ');
    const outcome = await this.lines.validate(appOf(call), webhook);
    return outcome === 'passed' ? told({ valid: true }) : refusal(REASONS[outcome]);
  }

  private remove(call: XCall): Answer {
    const webhook = this.webhookOf(call);
    if (webhook === null) return refusal('WebhookIdInvalid: ');
    this.lines.remove(webhook);
    return told({ deleted: true });
  }

  private subscribe(call: XCall): Answer {
    const { app, account } = userOf(call);
    const webhook = this.webhookOf(call);
    if (webhook === null) return refusal('WebhookIdInvalid: ');
    const outcome = this.lines.subscribe(app, 'v2', webhook, account);
    if (outcome === 'exists') return refusal('DuplicateSubscriptionFailed: ');
    return outcome === 'too-many' ? refusal('SubscriptionLimitExceeded: ') : told({ subscribed: true });
  }

  private isSubscribed(call: XCall): Answer {
    const webhook = this.webhookOf(call);
    return webhook === null ? refusal('WebhookIdInvalid: ') : told({ subscribed: this.lines.isSubscribed(webhook, userOf(call).account.id) });
  }

  private unsubscribe(call: XCall): Answer {
    const webhook = this.webhookOf(call);
    if (webhook === null) return refusal('WebhookIdInvalid: ');
    return this.lines.unsubscribe(webhook, pathParam(call, 'userId')) ? told({ subscribed: false }) : refusal('SubscriptionNotFound: ');
  }

  private listSubscribed(call: XCall): Answer {
    const webhook = this.webhookOf(call);
    if (webhook === null) return refusal('WebhookIdInvalid: ');
    const subscriptions = this.lines.listSubscribed(webhook).map((one) => ({ user_id: one.accountId }));
    return told({ application_id: webhook.appId, webhook_id: webhook.id, webhook_url: webhook.url, subscriptions });
  }

  /** X writes numbers as text, and always 0 for direct messages. */
  private count(call: XCall): Answer {
    const app = appOf(call);
    const used = String(this.lines.countSubscribed(app, 'v2'));
    return told({ account_name: app.accountName, provisioned_count: String(LINE_LIMITS.v2.subscriptions), subscriptions_count_all: used, subscriptions_count_direct_messages: '0' });
  }

  private webhookOf(call: XCall): Webhook | null {
    return this.lines.find(appOf(call), 'v2', pathParam(call, 'webhookId'));
  }
}

function readUrl(body: unknown): string | null {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const { url } = fields;
  return typeof url === 'string' && url.length >= 1 && url.length <= MAX_URL ? url : null;
}

function webhookObject({ id, url, isValid, createdAt }: Webhook): JsonValue {
  return { id, url, valid: isValid, created_at: toTimestamp(createdAt) };
}

function told(data: JsonValue): Answer {
  return jsonAnswer(200, writeJson({ data }));
}

/** v2 puts the reason before the words of the first error. */
function refusal(message: string): Answer {
  const detail = 'One or more parameters to your request was invalid.';
  return jsonAnswer(400, writeJson({ errors: [{ message }], title: 'Invalid Request', detail, type: 'https://api.x.com/2/problems/invalid-request' }));
}
