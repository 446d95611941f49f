import { Entity } from 'typeorm';
import { CountColumn, IdColumn, TextColumn } from '../database/columns.decorator.js';

/** The one row under whose lock entries are added: where the chain ends, so that what is cut off its end is missed too. */
@Entity('audit_head')
export class AuditHeadEntity {
  @IdColumn()
  id: string;

  @CountColumn()
  seq: number;

  @TextColumn()
  hash: string;
}
