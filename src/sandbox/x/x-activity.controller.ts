import { z } from 'zod';
import type { Ambient } from '../ambient.service.js';
import type { ChangeFeed } from '../control/change-feed.service.js';
import { jsonAnswer, readJson, type Answer } from '../wire/exchange.js';
import { findParam } from '../wire/form-params.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import { toTimestamp } from '../../kernel/clock.js';
import type { ActivitySubscription } from '../world/model.js';
import type { World } from '../world/world.service.js';
import type { WebhookLines } from './webhook-lines.service.js';
import { appOf, pathParam, userOf, type XCall, type XRoute } from './x-route.js';

/** What a self-serve app has. */
const MOST_SUBSCRIPTIONS = 1_500;
const PATH = '/2/activity/subscriptions';
const MOST_IDS = 100;

const EVENT_TYPES = [
  'dm.received', 'dm.sent', 'dm.read', 'dm.indicate_typing',
  'chat.received', 'chat.sent', 'chat.conversation.join',
  'follow.follow', 'follow.unfollow', 'block.block', 'block.unblock', 'post.mention.create', 'post.delete',
] as const;

const tag = z.string().min(1).max(200);
const createSchema = z.object({
  event_type: z.enum(EVENT_TYPES),
  filter: z.object({ user_id: z.string() }),
  tag: tag.optional(),
  webhook_id: z.string().optional(),
});
const changeSchema = z.object({ tag: tag.optional(), webhook_id: z.string().optional() });

/** Subscriptions of the X Activity API: one type of event of one account each, told to one of v2's webhooks. */
export class XActivityController {
  constructor(
    private readonly world: World,
    private readonly lines: WebhookLines,
    private readonly feed: ChangeFeed,
    private readonly ambient: Ambient,
  ) {}

  routes(): XRoute[] {
    const one = { fault: 'subscriptions', family: 'subscriptions' } as const;
    const list = { fault: 'subscription-lists', family: 'subscriptions' } as const;
    return [
      { ...one, method: 'POST', path: PATH, access: 'direct-messages', answer: (call) => this.create(call) },
      { ...list, method: 'GET', path: PATH, access: 'user-or-app', answer: (call) => this.list(call) },
      { ...one, method: 'PUT', path: `${PATH}/:id`, access: 'app', answer: (call) => this.change(call) },
      { ...one, method: 'DELETE', path: `${PATH}/:id`, access: 'app', answer: (call) => this.remove(call, [pathParam(call, 'id')]) },
      { ...one, method: 'DELETE', path: PATH, access: 'app', answer: (call) => this.remove(call, (findParam(call.request.query, 'ids') ?? '').split(',')) },
    ];
  }

  private create(call: XCall): Answer {
    const { app, account } = userOf(call);
    const parsed = createSchema.safeParse(readJson(call.request));
    if (!parsed.success) return refusal(`$.${parsed.error.issues[0]?.path.join('.') ?? ''}: is missing or wrong`);
    const { event_type: eventType, filter, webhook_id: webhookId } = parsed.data;
    // All of these events are private: only who is watched may let them be told.
    if (filter.user_id !== account.id) return refusal('$.filter.user_id: must be the authenticated user');
    if (webhookId !== undefined && this.lines.find(app, 'v2', webhookId) === null) return refusal('WebhookIdInvalid: ');
    const own = this.world.activitySubscriptions.filter((one) => one.appId === app.id);
    if (own.some((one) => one.eventType === eventType && one.accountId === account.id)) return refusal('DuplicateSubscriptionFailed: ');
    if (own.length >= MOST_SUBSCRIPTIONS) return refusal('SubscriptionLimitExceeded: ');
    const now = this.ambient.now();
    const made: ActivitySubscription = {
      id: this.world.snowflakes.create(now), appId: app.id, accountId: account.id, eventType,
      tag: parsed.data.tag ?? null, webhookId: webhookId ?? null, createdAt: now, updatedAt: now,
    };
    this.world.activitySubscriptions.push(made);
    this.feed.publish({ type: 'subscription', brand: account.id });
    return told([subscriptionObject(made)], { total_subscriptions: own.length + 1 });
  }

  private list(call: XCall): Answer {
    const own = this.world.activitySubscriptions.filter((one) => one.appId === appOf(call).id).map(subscriptionObject);
    return told(own, { result_count: own.length });
  }

  private change(call: XCall): Answer {
    const app = appOf(call);
    const found = this.world.activitySubscriptions.find((one) => one.appId === app.id && one.id === pathParam(call, 'id'));
    const change = changeSchema.safeParse(readJson(call.request)).data;
    if (found === undefined) return notFound();
    if (change === undefined) return refusal('$: is wrong');
    if (change.webhook_id !== undefined && this.lines.find(app, 'v2', change.webhook_id) === null) return refusal('WebhookIdInvalid: ');
    Object.assign(found, { tag: change.tag ?? found.tag, webhookId: change.webhook_id ?? found.webhookId, updatedAt: this.ambient.now() });
    this.feed.publish({ type: 'subscription', brand: found.accountId });
    return jsonAnswer(200, writeJson({ data: { subscription: subscriptionObject(found) } }));
  }

  private remove(call: XCall, ids: readonly string[]): Answer {
    const app = appOf(call);
    const found = this.world.activitySubscriptions.filter((one) => one.appId === app.id && ids.includes(one.id));
    if (ids.length > MOST_IDS || found.length === 0) return notFound();
    this.world.activitySubscriptions = this.world.activitySubscriptions.filter((one) => !found.includes(one));
    this.feed.publish({ type: 'subscription', brand: found[0]?.accountId });
    return jsonAnswer(200, writeJson({ data: { deleted: true } }));
  }
}

function subscriptionObject({ id, eventType, accountId, tag: name, webhookId, createdAt, updatedAt }: ActivitySubscription): JsonValue {
  return {
    subscription_id: id,
    event_type: eventType,
    filter: { user_id: accountId },
    tag: name ?? undefined,
    webhook_id: webhookId ?? undefined,
    created_at: toTimestamp(createdAt),
    updated_at: toTimestamp(updatedAt),
  };
}

function told(data: readonly JsonValue[], meta: JsonValue): Answer {
  return jsonAnswer(200, writeJson({ data, meta }));
}

function refusal(message: string): Answer {
  const detail = 'One or more parameters to your request was invalid.';
  return jsonAnswer(400, writeJson({ errors: [{ message }], title: 'Invalid Request', detail, type: 'https://api.x.com/2/problems/invalid-request' }));
}

function notFound(): Answer {
  return jsonAnswer(404, writeJson({ title: 'Not Found Error', detail: 'Could not find the subscription.', type: 'https://api.x.com/2/problems/resource-not-found', status: 404 }));
}
