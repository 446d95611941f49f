import { Entity } from 'typeorm';
import { CountColumn, IdColumn, InstantColumn, JsonColumn, TextColumn } from '../../database/columns.decorator.js';

/**
 * `pending` waits for its next attempt ──2xx──▶ `delivered` · ──no attempt left, 410, callback switched off──▶ `failed`.
 * A redelivery makes any of them `pending` again.
 */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One call of a receiver: what it answered, or why there is no answer. */
export interface DeliveryAttempt {
  at: number;
  status: number | null;
  detail: string | null;
  durationMs: number;
}

/** One event to tell one callback. */
@Entity('deliveries')
export class DeliveryEntity {
  @IdColumn()
  id: string;

  @TextColumn()
  team: string;

  @TextColumn({ name: 'callback_id' })
  callbackId: string;

  @TextColumn({ name: 'event_id' })
  eventId: string;

  @TextColumn({ name: 'event_type' })
  eventType: string;

  @TextColumn({ name: 'channel_id', nullable: true })
  channelId: string | null;

  @TextColumn()
  status: DeliveryStatus;

  /** Attempts since it became pending: where it is in the schedule. */
  @CountColumn()
  tries: number;

  /** When it may be claimed; a claim moves it past the attempt, so that one whose process died comes up again. Null: ended. */
  @InstantColumn({ name: 'next_attempt_at', nullable: true })
  nextAttemptAt: number | null;

  /** The newest of them. */
  @JsonColumn()
  attempts: DeliveryAttempt[];

  @InstantColumn({ name: 'created_at' })
  createdAt: number;

  @InstantColumn({ name: 'ended_at', nullable: true })
  endedAt: number | null;
}
