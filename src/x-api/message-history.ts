import type { XDirectMessage } from './direct-message.js';
import type { XLimit } from './x-limits.js';

/** A page of X's history. */
export interface HistoryPage {
  /** The generation that answered. */
  api: 'v1.1' | 'v2';
  /** How many events X answered, those that are no messages of ours among them. */
  told: number;
  messages: XDirectMessage[];
  /** Null on the last page. */
  next: string | null;
  limits: readonly XLimit[];
}
