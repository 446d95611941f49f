import type { Instant } from '../../kernel/clock.js';
import type { Charge } from './model.js';

/** One send that X took. What the answer said, or whether there was one, does not matter. */
export interface SendRecord {
  eventId: string;
  brand: string;
  participant: string;
  text: string;
  mediaId?: string;
  at: Instant;
  countedAgainst: Charge;
}

export interface RequestRecord {
  method: string;
  path: string;
  host: string;
  /** The bytes of the body, as text. */
  body: string;
  /** The signing account, when the signature was good. */
  account: string | null;
  /** Null while it runs and when no answer left. */
  status: number | null;
  fault: string | null;
  at: Instant;
}

/** One POST to a webhook. */
export interface DeliveryRecord {
  id: number;
  webhookId: string;
  url: string;
  kind: string;
  /** The DM's event id, when the event is about one. */
  eventId: string | null;
  forUserId: string | null;
  attempt: number;
  body: string;
  signature: string;
  /** Null when no answer came; `error` says why. */
  status: number | null;
  error: string | null;
  ms: number;
  at: Instant;
}

/** Bounds the memory of a sandbox that runs for days; far above what a test makes. */
const MAX_RECORDS = 50_000;

/** What really happened, for tests to compare with what the service believes. */
export class Ledger {
  private sendRecords: SendRecord[] = [];
  private requestRecords: RequestRecord[] = [];
  private deliveryRecords: DeliveryRecord[] = [];
  private deliveryCount = 0;

  get sends(): readonly SendRecord[] {
    return this.sendRecords;
  }

  get requests(): readonly RequestRecord[] {
    return this.requestRecords;
  }

  get deliveries(): readonly DeliveryRecord[] {
    return this.deliveryRecords;
  }

  addSend(record: SendRecord): void {
    append(this.sendRecords, record);
  }

  addRequest(record: RequestRecord): void {
    append(this.requestRecords, record);
  }

  addDelivery(record: Omit<DeliveryRecord, 'id'>): DeliveryRecord {
    this.deliveryCount += 1;
    const numbered = { id: this.deliveryCount, ...record };
    append(this.deliveryRecords, numbered);
    return numbered;
  }

  clear(): void {
    this.sendRecords = [];
    this.requestRecords = [];
    this.deliveryRecords = [];
  }
}

function append<T>(list: T[], record: T): void {
  list.push(record);
  if (list.length > MAX_RECORDS) list.splice(0, list.length - MAX_RECORDS);
}
