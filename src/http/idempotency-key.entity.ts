import { Entity } from 'typeorm';
import { CountColumn, IdColumn, InstantColumn, JsonColumn, TextColumn } from '../database/columns.decorator.js';

/** One use of an `Idempotency-Key` by one team, and the answer that it led to. */
@Entity('idempotency_keys')
export class IdempotencyKeyEntity {
  /** Or a team and one limited key of it, with a space between. */
  @IdColumn()
  team: string;

  @IdColumn()
  key: string;

  /** SHA-256 of method, path and body: what makes another request with this key another request. */
  @TextColumn()
  fingerprint: string;

  @TextColumn()
  state: 'running' | 'answered';

  /** A `running` key whose process died is free again from then on. */
  @InstantColumn({ name: 'lease_until' })
  leaseUntil: number;

  @CountColumn({ nullable: true })
  status: number | null;

  @JsonColumn({ nullable: true })
  headers: Record<string, string> | null;

  /** Sealed: an answer may hold what is shown once. */
  @TextColumn({ nullable: true })
  body: string | null;

  @TextColumn({ name: 'encryption_key_id', nullable: true })
  encryptionKeyId: string | null;

  @InstantColumn({ name: 'created_at' })
  createdAt: number;

  @InstantColumn({ name: 'expires_at' })
  expiresAt: number;
}
