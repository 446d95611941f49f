import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, JsonColumn } from '../../database/columns.decorator.js';

/** How often X was lately asked something that it lets us ask seldom. */
@Entity('x_call_budgets')
export class XCallBudgetEntity {
  /** What, and of whom: `history <account id>`, `webhooks <app fingerprint>`. */
  @IdColumn()
  subject: string;

  /** The calls of the last 15 minutes, oldest first. */
  @JsonColumn()
  calls: number[];

  /** X takes no such call before then, by its own word. */
  @InstantColumn({ name: 'closed_until', nullable: true })
  closedUntil: number | null;
}
