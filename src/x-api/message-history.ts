import type { XDirectMessage } from './direct-message.js';
import type { XLimit } from './x-limits.js';

/** A page of X's history. */
export interface HistoryPage {
  messages: XDirectMessage[];
  /** Null on the last page. */
  next: string | null;
  limits: readonly XLimit[];
}
