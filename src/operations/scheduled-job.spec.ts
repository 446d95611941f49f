import fc from 'fast-check';
import { DAY_MS, MINUTE_MS } from '../kernel/duration.js';
import { tickOf } from './scheduled-job.js';

describe('the tick of a moment', () => {
  it('is the last multiple of the cadence', () => {
    const noon = Date.UTC(2026, 10, 22, 12);
    expect(tickOf(noon, MINUTE_MS)).toBe(noon);
    expect(tickOf(noon + MINUTE_MS - 1, MINUTE_MS)).toBe(noon);
    expect(tickOf(noon + MINUTE_MS, MINUTE_MS)).toBe(noon + MINUTE_MS);
    expect(tickOf(noon, DAY_MS)).toBe(Date.UTC(2026, 10, 22));
  });

  it('is the same for all moments of one cadence, and the next one’s a cadence later', () => {
    const cadence = fc.integer({ min: 1, max: DAY_MS });
    const moment = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
    fc.assert(
      fc.property(moment, cadence, (now, cadenceMs) => {
        const tick = tickOf(now, cadenceMs);
        expect(tick).toBeLessThanOrEqual(now);
        expect(now - tick).toBeLessThan(cadenceMs);
        expect(tickOf(tick, cadenceMs)).toBe(tick);
        expect(tickOf(tick + cadenceMs - 1, cadenceMs)).toBe(tick);
        expect(tickOf(now + cadenceMs, cadenceMs)).toBe(tick + cadenceMs);
      }),
    );
  });
});
