import { Entity } from 'typeorm';
import { CountColumn, IdColumn, InstantColumn, JsonColumn, TextColumn } from '../../database/columns.decorator.js';

/** Why X does not hold our webhook for valid. */
export interface WebhookFailure {
  code: string;
  detail: string;
  remedy: string | null;
}

/** What we know of one webhook of ours. */
@Entity('webhooks')
export class WebhookEntity {
  @IdColumn({ name: 'webhook_key' })
  webhookKey: string;

  /** X's id of it: by this it is known as ours also after its address has changed. */
  @TextColumn({ name: 'x_webhook_id', nullable: true })
  xWebhookId: string | null;

  @InstantColumn({ name: 'last_crc_at', nullable: true })
  lastCrcAt: number | null;

  /** Challenges that failed one after the other since it was last valid. */
  @CountColumn()
  failures: number;

  /** X is not asked to challenge it before then: each time it calls us, and each time it may fail. */
  @InstantColumn({ name: 'revalidate_at', nullable: true })
  revalidateAt: number | null;

  @JsonColumn({ name: 'last_failure', nullable: true })
  lastFailure: WebhookFailure | null;

  /** When X was first seen to sign with a consumer secret that replaced another; null while it was not, or none was replaced. */
  @InstantColumn({ name: 'new_secret_seen_at', nullable: true })
  newSecretSeenAt: number | null;

  /** The same of a client secret of OAuth 2.0. */
  @InstantColumn({ name: 'new_client_secret_seen_at', nullable: true })
  newClientSecretSeenAt: number | null;
}
