import type { Ambient } from '../ambient.service.js';
import type { ChangeFeed } from '../control/change-feed.service.js';
import { DEFAULT_FAULT_DELAY_MS } from '../control/fault.js';
import type { FaultBook } from '../control/fault-book.service.js';
import { xaaEnvelope, type XaaEvent } from '../events/xaa-envelope.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import type { DeliveryRecord, Ledger } from '../world/ledger.service.js';
import type { ActivitySubscription, Webhook } from '../world/model.js';
import type { World } from '../world/world.service.js';
import type { OutgoingHttp, OutgoingResult } from './outgoing-http.service.js';
import { signWebhook } from './webhook-signature.js';

/** What is sent, and what the records and faults need to know of it. */
export interface Activity {
  kind: string;
  forUserId: string | null;
  participantId: string | null;
  eventId: string | null;
  /** As Account Activity tells it; null when it does not. */
  body: JsonValue;
  /** As X Activity does. */
  xaa: XaaEvent;
}

/** A webhook that hears of an activity, in which generation, and by which subscription of X Activity: null for those that need none. */
export interface DeliveryTarget {
  webhook: Webhook;
  generation: 'account-activity' | 'x-activity';
  subscription: ActivitySubscription | null;
}

/** Tells the webhooks of subscribed accounts. Nothing is sent while a webhook is not valid. */
export class DeliveryService {
  private readonly running = new Set<Promise<unknown>>();

  constructor(
    private readonly world: World,
    private readonly http: OutgoingHttp,
    private readonly ledger: Ledger,
    private readonly faults: FaultBook,
    private readonly feed: ChangeFeed,
    private readonly ambient: Ambient,
    /** Waits before each further try of a delivery that was not answered with 200; X's sandbox tier has none. */
    private readonly retryDelaysMs: readonly number[],
  ) {}

  /** Tells every valid webhook that hears of it. */
  tell(activity: Activity): Promise<DeliveryRecord[]> {
    const { forUserId, body, xaa } = activity;
    return this.deliver(activity, forUserId === null ? [] : [...(body === null ? [] : this.listTargets(forUserId)), ...this.listXaaTargets(forUserId, xaa.eventType)]);
  }

  /** Those that hear that an account withdraws access: each that hears of anything. */
  listRevokeTargets(accountId: string): DeliveryTarget[] {
    const webhooks = new Set(this.listXaaTargets(accountId, null).map(({ webhook }) => webhook));
    return [...this.listTargets(accountId), ...[...webhooks].map((webhook) => ({ webhook, generation: 'x-activity' as const, subscription: null }))];
  }

  /** Of Account Activity: one per app and environment that subscribed the account. */
  private listTargets(accountId: string): DeliveryTarget[] {
    const webhooks = this.world.listSubscriptions((one) => one.accountId === accountId).map((one) => this.world.findWebhook(one.appId, one.environment));
    return webhooks.flatMap((webhook) => (webhook?.isValid === true ? [{ webhook, generation: 'account-activity' as const, subscription: null }] : []));
  }

  /** Of X Activity: one per subscription to this type of event, or to any. */
  private listXaaTargets(accountId: string, eventType: string | null): DeliveryTarget[] {
    const subscriptions = this.world.activitySubscriptions.filter((one) => one.accountId === accountId && (eventType === null || one.eventType === eventType));
    return subscriptions.flatMap((subscription) => {
      const webhook = this.world.webhooks.get(subscription.webhookId ?? '');
      return webhook?.isValid === true ? [{ webhook, generation: 'x-activity' as const, subscription }] : [];
    });
  }

  /** Sends to each target; resolves with the first try of each. None when a fault dropped it. */
  async deliver(activity: Activity, targets: readonly DeliveryTarget[]): Promise<DeliveryRecord[]> {
    const fault = targets.length > 0 ? this.faults.take('delivery', activity.participantId) : null;
    if (fault?.kind === 'delivery-drop') return [];
    if (fault?.kind === 'delivery-delay') await this.pause(fault.delayMs ?? DEFAULT_FAULT_DELAY_MS);
    return this.track(Promise.all(targets.map((target) => this.deliverTo(target, activity))));
  }

  /** Resolves when no delivery, retry included, is under way. */
  async whenIdle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  /** A wait that counts as work under way. */
  pause(delayMs: number): Promise<void> {
    return this.track(this.ambient.wait(delayMs));
  }

  private track<T>(work: Promise<T>): Promise<T> {
    this.running.add(work);
    const forget = (): boolean => this.running.delete(work);
    work.then(forget, forget);
    return work;
  }

  private async deliverTo({ webhook, generation, subscription }: DeliveryTarget, activity: Activity): Promise<DeliveryRecord> {
    const uuid = this.ambient.randomBytes(8).readBigInt64BE();
    const body = writeJson(generation === 'account-activity' ? activity.body : xaaEnvelope(activity.xaa, uuid, subscription));
    const first = await this.post(webhook, activity, body, 1);
    if (first.status !== 200) void this.track(this.retry(webhook, activity, body));
    return first;
  }

  private async retry(webhook: Webhook, activity: Activity, body: string): Promise<void> {
    for (const [index, delayMs] of this.retryDelaysMs.entries()) {
      await this.ambient.wait(delayMs);
      if (!webhook.isValid) return;
      const record = await this.post(webhook, activity, body, index + 2);
      if (record.status === 200) return;
    }
  }

  private async post(webhook: Webhook, activity: Activity, body: string, attempt: number): Promise<DeliveryRecord> {
    const bytes = Buffer.from(body, 'utf8');
    const app = this.world.apps.get(webhook.appId);
    const signature = signWebhook(app?.consumerSecret ?? '', bytes);
    const second: Record<string, string> = typeof app?.clientSecret === 'string' ? { 'x-twitter-webhooks-signature-oauth2': signWebhook(app.clientSecret, bytes) } : {};
    const at = this.ambient.now();
    const result = await this.http.send({
      method: 'POST',
      url: webhook.url,
      headers: { 'content-type': 'application/json', 'x-twitter-webhooks-signature': signature, ...second },
      body: bytes,
    });
    const { kind, eventId, forUserId } = activity;
    const outcome = { status: result.kind === 'answered' ? result.status : null, error: errorOf(result), ms: result.ms };
    const record = this.ledger.addDelivery({
      webhookId: webhook.id, url: webhook.url, kind, eventId, forUserId, attempt, body, signature, ...outcome, at,
    });
    this.feed.publish({ type: 'delivery', brand: forUserId ?? undefined });
    return record;
  }
}

function errorOf(result: OutgoingResult): string | null {
  if (result.kind === 'timeout') return 'no answer within 3 s';
  return result.kind === 'unreachable' ? result.reason : null;
}
