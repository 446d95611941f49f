import { Entity } from 'typeorm';
import { CountColumn, IdColumn, InstantColumn, JsonColumn, TextColumn } from '../database/columns.decorator.js';
import type { AuditEntry } from './audit-entry.js';

@Entity('audit_log')
export class AuditEntryEntity implements AuditEntry {
  @IdColumn()
  id: string;

  @CountColumn()
  seq: number;

  @InstantColumn()
  at: number;

  @TextColumn({ name: 'key_id' })
  keyId: string;

  @TextColumn({ nullable: true })
  team: string | null;

  @TextColumn()
  action: string;

  @TextColumn()
  target: string;

  @JsonColumn()
  fields: readonly string[];

  @TextColumn({ name: 'request_id', nullable: true })
  requestId: string | null;

  @TextColumn({ nullable: true })
  address: string | null;

  @TextColumn({ name: 'previous_hash' })
  previousHash: string;

  @TextColumn()
  hash: string;
}
