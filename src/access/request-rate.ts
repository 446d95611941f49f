import type { Instant } from '../kernel/clock.js';
import { MINUTE_MS, SECOND_MS } from '../kernel/duration.js';

/** A request is let through, or has to wait; `remaining` more may come at once, and all of them again `resetMs` from now. */
export type RateDecision = { isAllowed: boolean; remaining: number; resetMs: number; retryAfterMs: number };

/** Callers who have been quiet are forgotten when so many are known. */
const MOST_KNOWN = 10_000;

/**
 * At most `perMinute` requests of each caller in any stretch of a minute's credit, which comes back evenly (the generic cell rate
 * algorithm): one number for each caller, and no timer.
 */
export class RequestRate {
  /** Until when the caller's credit is taken. */
  private readonly takenUntil = new Map<string, Instant>();

  constructor(private readonly perMinute: number) {}

  /** Counts the request, when it is let through. */
  take(caller: string, now: Instant): RateDecision {
    const decision = this.look(caller, now);
    if (decision.isAllowed) {
      this.takenUntil.set(caller, Math.max(this.takenUntil.get(caller) ?? now, now) + this.costMs);
      this.forgetQuiet(now);
      return this.toDecision(true, caller, now);
    }
    return decision;
  }

  /** Counts nothing. */
  look(caller: string, now: Instant): RateDecision {
    const taken = Math.max(0, (this.takenUntil.get(caller) ?? now) - now);
    return this.toDecision(taken + this.costMs <= MINUTE_MS, caller, now);
  }

  private get costMs(): number {
    return MINUTE_MS / this.perMinute;
  }

  private toDecision(isAllowed: boolean, caller: string, now: Instant): RateDecision {
    const taken = Math.max(0, (this.takenUntil.get(caller) ?? now) - now);
    const remaining = Math.max(0, Math.floor((MINUTE_MS - taken) / this.costMs + 1e-9));
    return { isAllowed, remaining, resetMs: taken, retryAfterMs: isAllowed ? 0 : Math.max(SECOND_MS, taken + this.costMs - MINUTE_MS) };
  }

  private forgetQuiet(now: Instant): void {
    if (this.takenUntil.size > MOST_KNOWN) {
      for (const [caller, until] of this.takenUntil) {
        if (until <= now) {
          this.takenUntil.delete(caller);
        }
      }
    }
  }
}
