import fc from 'fast-check';
import { MINUTE_MS } from '../../kernel/duration.js';
import { CALL_WINDOW_MS, mayCall, recentCalls } from './x-call-budget.js';

const NOW = Date.UTC(2026, 10, 26, 12);

describe('a budget of calls to X', () => {
  it('lets half come at once, and the others spread over the window', () => {
    const budget = { most: 12, atOnce: 6 };
    const made: number[] = [];
    for (let at = NOW; at < NOW + CALL_WINDOW_MS; at += MINUTE_MS / 4) {
      while (mayCall(made, budget, at)) made.push(at);
    }
    expect(made.filter((at) => at === NOW)).toHaveLength(6);
    expect(made).toHaveLength(12);
    expect(Math.min(...made.slice(6).map((at, n) => at - (made[5 + n] ?? 0)))).toBeGreaterThanOrEqual(CALL_WINDOW_MS / 12);
  });

  it('never lets more come within any window, whenever it is asked', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 5 * MINUTE_MS }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 15 }), (waits, most, half) => {
        const made: number[] = [];
        let now = NOW;
        for (const wait of waits) {
          now += wait;
          if (mayCall(made, { most, atOnce: Math.min(most, half) }, now)) made.push(now);
          expect(recentCalls(made, now).length).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('counts a call that a clock which was set back has put into the future', () => {
    expect(mayCall([NOW + MINUTE_MS], { most: 1, atOnce: 1 }, NOW)).toBe(false);
  });
});
