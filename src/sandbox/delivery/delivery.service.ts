import type { Ambient } from '../ambient.service.js';
import type { ChangeFeed } from '../control/change-feed.service.js';
import { DEFAULT_FAULT_DELAY_MS } from '../control/fault.js';
import type { FaultBook } from '../control/fault-book.service.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import type { DeliveryRecord, Ledger } from '../world/ledger.service.js';
import type { Webhook } from '../world/model.js';
import type { World } from '../world/world.service.js';
import type { OutgoingHttp, OutgoingResult } from './outgoing-http.service.js';
import { signWebhook } from './webhook-signature.js';

/** What is sent, and what the records and faults need to know of it. */
export interface Activity {
  kind: string;
  forUserId: string | null;
  participantId: string | null;
  eventId: string | null;
  body: JsonValue;
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

  /** The valid webhooks that hear of this account: one per app and environment that subscribed it. */
  listTargets(accountId: string): Webhook[] {
    return this.world
      .listSubscriptions((one) => one.accountId === accountId)
      .map((one) => this.world.findWebhook(one.appId, one.environment))
      .filter((webhook) => webhook !== null && webhook.isValid) as Webhook[];
  }

  /** Sends to each target; resolves with the first try of each. None when a fault dropped it. */
  async deliver(activity: Activity, targets: readonly Webhook[]): Promise<DeliveryRecord[]> {
    const fault = targets.length > 0 ? this.faults.take('delivery', activity.participantId) : null;
    if (fault?.kind === 'delivery-drop') return [];
    if (fault?.kind === 'delivery-delay') await this.pause(fault.delayMs ?? DEFAULT_FAULT_DELAY_MS);
    return this.track(Promise.all(targets.map((webhook) => this.deliverTo(webhook, activity))));
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

  private async deliverTo(webhook: Webhook, activity: Activity): Promise<DeliveryRecord> {
    const body = writeJson(activity.body);
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
    const signature = signWebhook(this.world.apps.get(webhook.appId)?.consumerSecret ?? '', bytes);
    const at = this.ambient.now();
    const result = await this.http.send({
      method: 'POST',
      url: webhook.url,
      headers: { 'content-type': 'application/json', 'x-twitter-webhooks-signature': signature },
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
