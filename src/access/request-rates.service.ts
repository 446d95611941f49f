import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Clock } from '../kernel/clock.js';
import { SECOND_MS } from '../kernel/duration.js';
import { Problem } from '../kernel/problem.js';
import { RequestRate } from './request-rate.js';

/** How many requests a key may make, and how many wrong keys an address may try. Each instance counts its own. */
@Injectable()
export class RequestRates {
  private readonly ofKeys: RequestRate | null;
  private readonly ofWrongKeys: RequestRate | null;

  constructor(
    private readonly clock: Clock,
    @InjectSettings('access') private readonly settings: Settings['access'],
  ) {
    this.ofKeys = settings.requestsPerMinute === 0 ? null : new RequestRate(settings.requestsPerMinute);
    this.ofWrongKeys = settings.wrongKeysPerMinute === 0 ? null : new RequestRate(settings.wrongKeysPerMinute);
  }

  /** Counts a request of a key. Answers what the `RateLimit` headers say; null where nothing is limited. @throws Problem `access.too-many-requests` */
  take(keyId: string): { policy: string; limit: string } | null {
    if (this.ofKeys === null) {
      return null;
    }
    const { isAllowed, remaining, resetMs, retryAfterMs } = this.ofKeys.take(keyId, this.clock.now());
    if (!isAllowed) {
      throw new Problem('access.too-many-requests', `This key has made more than ${this.settings.requestsPerMinute} requests in a minute.`, { retryAfterMs });
    }
    return { policy: `"requests";q=${this.settings.requestsPerMinute};w=60`, limit: `"requests";r=${remaining};t=${Math.ceil(resetMs / SECOND_MS)}` };
  }

  /** Counts a wrong key. One that is right is never refused for the wrong ones of others behind the same address. @throws Problem `access.too-many-requests` */
  takeWrongKey(address: string): void {
    const decision = this.ofWrongKeys?.take(address, this.clock.now());
    if (decision?.isAllowed === false) {
      throw new Problem('access.too-many-requests', 'Too many wrong keys came from this address.', { retryAfterMs: decision.retryAfterMs });
    }
  }
}
