import fc from 'fast-check';
import { toTimestamp, toTimestampOrNull } from './clock.js';

describe('a time in an answer', () => {
  it('is RFC 3339 in UTC, always with milliseconds', () => {
    expect(toTimestamp(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(toTimestamp(Date.UTC(2026, 11, 1))).toBe('2026-12-01T00:00:00.000Z');
    expect(toTimestampOrNull(Date.UTC(2026, 1, 28, 23, 59, 59, 7))).toBe('2026-02-28T23:59:59.007Z');
  });

  it('is the same moment when it is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) }), (instant) => {
        expect(Date.parse(toTimestamp(instant))).toBe(instant);
        expect(toTimestamp(instant)).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
      }),
    );
  });

  it('is null where there is none, and not for the first instant of all', () => {
    expect(toTimestampOrNull(null)).toBeNull();
    expect(toTimestampOrNull(0)).not.toBeNull();
  });
});
