import fc from 'fast-check';
import { MINUTE_MS } from '../kernel/duration.js';
import { RequestRate } from './request-rate.js';

describe('a rate of requests', () => {
  it('lets so many through at once, then one for each share of the minute', () => {
    const rate = new RequestRate(60);
    for (let n = 59; n >= 0; n -= 1) {
      expect(rate.take('a', 0)).toMatchObject({ isAllowed: true, remaining: n });
    }
    expect(rate.take('a', 0)).toEqual({ isAllowed: false, remaining: 0, resetMs: MINUTE_MS, retryAfterMs: 1_000 });
    expect(rate.take('a', 999).isAllowed).toBe(false);
    expect(rate.take('a', 1_000).isAllowed).toBe(true);
    expect(rate.take('a', 1_000).isAllowed).toBe(false);
    expect(rate.take('b', 0).isAllowed).toBe(true);
    expect(rate.take('a', 2 * MINUTE_MS)).toMatchObject({ isAllowed: true, remaining: 59 });
  });

  it('never lets more through in a stretch of time than what there was at once and what came back', () => {
    const steps = fc.array(fc.nat(3_000), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), steps, (perMinute, waits) => {
        const rate = new RequestRate(perMinute);
        const allowed: number[] = [];
        let now = 0;
        for (const wait of waits) {
          now += wait;
          if (rate.take('a', now).isAllowed) allowed.push(now);
        }
        allowed.forEach((from, n) => {
          const last = allowed.at(-1) ?? from;
          const most = perMinute + ((last - from) * perMinute) / MINUTE_MS;
          expect(allowed.length - n).toBeLessThanOrEqual(Math.floor(most + 1e-6));
        });
      }),
    );
  });

  it('forgets the quiet alone, however many there are', () => {
    const rate = new RequestRate(1);
    for (let n = 0; n < 5_000; n += 1) rate.take(`early ${n}`, 0);
    for (let n = 0; n < 5_000; n += 1) rate.take(`late ${n}`, MINUTE_MS);
    const isLimited = (caller: string) => !rate.take(caller, MINUTE_MS).isAllowed;
    expect([isLimited('late 0'), isLimited('late 4999'), isLimited('early 0')]).toEqual([true, true, false]);
  });
});
