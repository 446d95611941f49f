import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, JsonColumn } from '../../database/columns.decorator.js';

/** How often one account's history was read at X lately. */
@Entity('history_budgets')
export class HistoryBudgetEntity {
  @IdColumn({ name: 'account_id' })
  accountId: string;

  /** The reads of the last 15 minutes, oldest first. */
  @JsonColumn()
  reads: number[];

  /** X takes no read before then, by its own word. */
  @InstantColumn({ name: 'closed_until', nullable: true })
  closedUntil: number | null;
}
