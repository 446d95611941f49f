import type { Instant } from '../../kernel/clock.js';

export interface RateView {
  limit: number;
  remaining: number;
  /** When the next place comes free, or the window starts again. */
  resetsAt: Instant;
}

/** Counts what happened in the last `spanMs`. Something that happened exactly `spanMs` ago has left. */
export class SlidingWindow {
  /** In their order; those before `first` have left. */
  private times: Instant[] = [];
  private first = 0;

  constructor(
    private readonly limit: number,
    private readonly spanMs: number,
  ) {}

  hasRoom(at: Instant): boolean {
    return this.view(at).remaining > 0;
  }

  add(at: Instant): void {
    this.times.push(at);
  }

  view(at: Instant): RateView {
    while ((this.times[this.first] ?? Infinity) <= at - this.spanMs) this.first += 1;
    // Seldom, so that a look costs the same however many there are.
    if (this.first > this.times.length / 2) {
      this.times = this.times.slice(this.first);
      this.first = 0;
    }
    const used = this.times.length - this.first;
    return { limit: this.limit, remaining: Math.max(0, this.limit - used), resetsAt: (this.times[this.first] ?? at) + this.spanMs };
  }
}

/** A window that starts with the first call and begins anew when it is over, as X's 15-minute windows do. */
export class FixedWindow {
  private startedAt: Instant | null = null;
  private used = 0;

  constructor(
    private readonly limit: number,
    private readonly spanMs: number,
  ) {}

  /** False when the window is used up; the call is not counted then. */
  take(at: Instant): boolean {
    if (this.startedAt === null || at >= this.startedAt + this.spanMs || at < this.startedAt) {
      this.startedAt = at;
      this.used = 0;
    }
    if (this.used >= this.limit) return false;
    this.used += 1;
    return true;
  }

  view(at: Instant): RateView {
    return { limit: this.limit, remaining: this.limit - this.used, resetsAt: (this.startedAt ?? at) + this.spanMs };
  }
}
