import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, TextColumn } from '../database/columns.decorator.js';

/**
 * A signed event, exactly as it came. `received` waits to be processed · `processed` its effects are in ·
 * `quarantined` something in it was not understood (`detail` says what); what was understood is in all the same.
 */
export type WebhookEventStatus = 'received' | 'processed' | 'quarantined';

@Entity('webhook_events')
export class WebhookEventEntity {
  @IdColumn()
  id: string;

  @TextColumn({ name: 'webhook_key' })
  webhookKey: string;

  @InstantColumn({ name: 'received_at' })
  receivedAt: number;

  @TextColumn()
  encoding: 'utf8' | 'base64';

  @TextColumn()
  body: string;

  @TextColumn()
  status: WebhookEventStatus;

  @TextColumn({ nullable: true })
  detail: string | null;

  @InstantColumn({ name: 'processed_at', nullable: true })
  processedAt: number | null;
}
