import type { Instant } from '../../kernel/clock.js';
import { DAY_MS } from '../../kernel/duration.js';

/** X's rule for `direct_messages/events/new`: five replies a day to whoever wrote, free of the account's and app's limits. */
export const FREE_REPLIES = 5;
export const ALLOWANCE_MS = DAY_MS;

export interface AllowanceView {
  isOpen: boolean;
  openedAt: Instant | null;
  expiresAt: Instant | null;
  used: number;
  remaining: number;
}

/** X's own books for one brand and one participant. Written without a look at the service's rate policy, so that the two can be compared. */
export class ReplyAllowance {
  private openedAt: Instant | null = null;
  private used = 0;

  /** An inbound message starts the day and the five again; one older than the last changes nothing. */
  receive(at: Instant): void {
    if (this.openedAt !== null && at <= this.openedAt) return;
    this.openedAt = at;
    this.used = 0;
  }

  /** Takes one of the five if there is one; the day ends exactly 24 h after the inbound message. */
  take(at: Instant): boolean {
    if (this.view(at).remaining === 0) return false;
    this.used += 1;
    return true;
  }

  view(at: Instant): AllowanceView {
    if (this.openedAt === null) return { isOpen: false, openedAt: null, expiresAt: null, used: 0, remaining: 0 };
    const expiresAt = this.openedAt + ALLOWANCE_MS;
    const isOpen = at < expiresAt;
    return { isOpen, openedAt: this.openedAt, expiresAt, used: this.used, remaining: isOpen ? FREE_REPLIES - this.used : 0 };
  }
}
