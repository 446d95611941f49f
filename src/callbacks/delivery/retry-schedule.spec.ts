import fc from 'fast-check';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../kernel/duration.js';
import { decideNext, parseRetryAfter } from './retry-schedule.js';

const NOW = Date.UTC(2026, 10, 26);
const DELAYS = [0, 5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS];
const answered = (status: number, retryAfterMs: number | null = null) => ({ kind: 'answered' as const, status, retryAfterMs });
const next = (result: Parameters<typeof decideNext>[0], tries = 1, fraction = 0.5) => decideNext(result, tries, DELAYS, NOW, fraction);

describe('after an attempt', () => {
  it('a delivery is over with any 2xx and with nothing else', () => {
    for (let status = 100; status < 600; status += 1) {
      expect(next(answered(status)).kind === 'delivered').toBe(status >= 200 && status < 300);
    }
    expect(next({ kind: 'unanswered' }).kind).toBe('again');
  });

  it('the receiver is gone with 410', () => {
    expect(next(answered(410))).toEqual({ kind: 'gone' });
  });

  it('each wait is the schedule’s, a fifth shorter or longer at most, and after the tenth attempt there is none', () => {
    const fractions = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fractions, (tries, fraction) => {
        const step = next(answered(500), tries, fraction);
        const wait = step.kind === 'again' ? step.at - NOW : NaN;
        expect(wait).toBeGreaterThanOrEqual((DELAYS[tries] ?? 0) * 0.8 - 1);
        expect(wait).toBeLessThanOrEqual((DELAYS[tries] ?? 0) * 1.2 + 1);
      }),
    );
    expect(next(answered(500), 1, 0)).toEqual({ kind: 'again', at: NOW + 4 * SECOND_MS });
    expect(next(answered(500), 1, 1)).toEqual({ kind: 'again', at: NOW + 6 * SECOND_MS });
    expect(next(answered(500), 10)).toEqual({ kind: 'given-up' });
  });

  it('a longer Retry-After is waited for, up to a day, and a shorter one changes nothing', () => {
    expect(next(answered(503, HOUR_MS))).toEqual({ kind: 'again', at: NOW + HOUR_MS });
    expect(next(answered(429, 40 * DAY_MS))).toEqual({ kind: 'again', at: NOW + DAY_MS });
    expect(next(answered(503, 1))).toEqual({ kind: 'again', at: NOW + 5 * SECOND_MS });
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    [new Date(NOW + HOUR_MS).toUTCString(), HOUR_MS],
    [new Date(NOW - HOUR_MS).toUTCString(), 0],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    ['2026', 2_026_000],
    ['', null],
    [null, null],
  ])('%j asks for %j ms', (header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(expected);
  });
});
