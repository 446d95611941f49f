import { z } from 'zod';

/**
 * What X tells a channel of, in the order in which it is asked for: one subscription of X Activity is one of these for one account.
 * Who follows or blocks whom is not among them: X charges for each follower, and answers when it is asked.
 */
export const CHANNEL_EVENT_TYPES = ['dm.received', 'dm.sent', 'dm.read', 'dm.indicate_typing', 'chat.received', 'chat.sent'] as const;

/** A subscription as X lists it. */
export interface ActivitySubscription {
  id: string;
  eventType: string;
  accountId: string;
  /** Null where events go out by X's stream only. */
  webhookId: string | null;
}

const subscriptionSchema = z.object({
  subscription_id: z.string(),
  event_type: z.string(),
  filter: z.object({ user_id: z.string() }),
  webhook_id: z.string().nullish(),
});
const pageSchema = z.object({ data: z.array(z.unknown()).default([]), meta: z.object({ next_token: z.string().optional() }).optional() });

/** One page of X's list. What is no subscription to one account's events is left out. Null when it is no such list. */
export function readSubscriptionPage(body: unknown): { subscriptions: ActivitySubscription[]; nextToken: string | null } | null {
  const page = pageSchema.safeParse(body).data;
  return page === undefined ? null : { subscriptions: page.data.flatMap(readSubscription), nextToken: page.meta?.next_token ?? null };
}

const named = z.object({ subscription_id: z.string() });
/** X's documents and its answers differ: a list, `subscription` inside, the id alone, or nothing at all. */
const createdSchema = z.object({ data: z.union([z.array(named).nonempty(), z.object({ subscription: named }), named]) });

/** Whether the answer to a new subscription names it. Where it does not, X's list has to tell. */
export function namesSubscription(body: unknown): boolean {
  return createdSchema.safeParse(body).success;
}

function readSubscription(item: unknown): ActivitySubscription[] {
  const one = subscriptionSchema.safeParse(item).data;
  return one === undefined ? [] : [{ id: one.subscription_id, eventType: one.event_type, accountId: one.filter.user_id, webhookId: one.webhook_id ?? null }];
}

/** What of an account's events X does not tell this webhook of yet. */
export function missingTypes(all: readonly ActivitySubscription[], webhookId: string, accountId: string): string[] {
  return CHANNEL_EVENT_TYPES.filter((type) => !all.some((one) => one.eventType === type && one.accountId === accountId && one.webhookId === webhookId));
}

/** Those of whose events X tells this webhook of all that a channel needs. */
export function fullySubscribed(all: readonly ActivitySubscription[], webhookId: string): string[] {
  const accountIds = [...new Set(all.filter((one) => one.webhookId === webhookId).map((one) => one.accountId))];
  return accountIds.filter((accountId) => missingTypes(all, webhookId, accountId).length === 0);
}
