import type { Instant } from '../kernel/clock.js';
import { MINUTE_MS, SECOND_MS } from '../kernel/duration.js';

/** A request is let through, or has to wait; `remaining` more may come at once, and all of them again `resetMs` from now. */
export type RateDecision = { isAllowed: boolean; remaining: number; resetMs: number; retryAfterMs: number };

/** Before so many callers are known, none is forgotten. */
const FEW_KNOWN = 1_000;

/**
 * At most `perMinute` requests of each caller in any stretch of a minute's credit, which comes back evenly (the generic cell rate
 * algorithm): one number for each caller, and no timer.
 */
export class RequestRate {
  /** Until when the caller's credit is taken. */
  private readonly takenUntil = new Map<string, Instant>();
  /** With so many known, those whose credit has come back are forgotten. */
  private sweepAt = FEW_KNOWN;

  constructor(private readonly perMinute: number) {}

  /** Counts the request, when it is let through. */
  take(caller: string, now: Instant): RateDecision {
    const taken = this.takenOf(caller, now);
    const isAllowed = taken + this.costMs <= MINUTE_MS;
    const after = isAllowed ? taken + this.costMs : taken;
    this.takenUntil.set(caller, now + after);
    this.forgetQuiet(now);
    return {
      isAllowed,
      remaining: Math.max(0, Math.floor((MINUTE_MS - after) / this.costMs + 1e-9)),
      resetMs: after,
      retryAfterMs: isAllowed ? 0 : Math.max(SECOND_MS, taken + this.costMs - MINUTE_MS),
    };
  }

  private get costMs(): number {
    return MINUTE_MS / this.perMinute;
  }

  private takenOf(caller: string, now: Instant): number {
    return Math.max(0, (this.takenUntil.get(caller) ?? now) - now);
  }

  /** Now and then, each time that twice as many are known: a look at all of them with every request would cost more than it saves. */
  private forgetQuiet(now: Instant): void {
    if (this.takenUntil.size < this.sweepAt) {
      return;
    }
    for (const [caller, until] of this.takenUntil) {
      if (until <= now) {
        this.takenUntil.delete(caller);
      }
    }
    this.sweepAt = Math.max(FEW_KNOWN, this.takenUntil.size * 2);
  }
}
