import { MINUTE_MS } from '../../kernel/duration.js';
import type { Instant } from '../../kernel/clock.js';

/** How far a request's timestamp may be off. X names no figure; about five minutes is what integrators see. */
export const TIMESTAMP_TOLERANCE_MS = 5 * MINUTE_MS;

/** Remembers which nonces were used. One may be forgotten once its timestamp is refused anyway. */
export class NonceBook {
  private readonly usedUntil = new Map<string, Instant>();

  /** False when this consumer and token used the nonce with this timestamp before. */
  use(key: string, now: Instant): boolean {
    this.forgetExpired(now);
    if (this.usedUntil.has(key)) return false;
    this.usedUntil.set(key, now + 2 * TIMESTAMP_TOLERANCE_MS);
    return true;
  }

  /** Entries lie in the order they were made, so the expired ones come first. */
  private forgetExpired(now: Instant): void {
    for (const [key, until] of this.usedUntil) {
      if (until > now) return;
      this.usedUntil.delete(key);
    }
  }
}
