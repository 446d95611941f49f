import fc from 'fast-check';
import { DAY_MS, MINUTE_MS } from '../../kernel/duration.js';
import { findSilence, HOUR_MS } from './silence.js';

/** A Monday. */
const MONDAY = Date.UTC(2026, 10, 23);
const WEEK_MS = 7 * DAY_MS;

/** A brand that hears `perHour` from 9 to 17 on working days, for so many weeks before `until`. */
function officeHours(perHour: number, weeks: number, until: number): Map<number, number> {
  const events = new Map<number, number>();
  for (let hour = until - weeks * WEEK_MS; hour < until; hour += HOUR_MS) {
    const at = new Date(hour);
    const isOpen = at.getUTCDay() >= 1 && at.getUTCDay() <= 5 && at.getUTCHours() >= 9 && at.getUTCHours() < 17;
    if (isOpen) events.set(hour, perHour);
  }
  return events;
}

describe('an unusual silence', () => {
  const heardUntil = MONDAY + 11 * HOUR_MS;
  const events = officeHours(10, 5, heardUntil);

  it('is one in hours in which something came each week', () => {
    expect(findSilence(events, heardUntil, heardUntil + 90 * MINUTE_MS)).toEqual({ unit: 'week', compared: 4, least: 15 });
  });

  it('is none as long as too little is missing to tell', () => {
    expect(findSilence(events, heardUntil, heardUntil + 29 * MINUTE_MS)).toBeNull();
    expect(findSilence(events, heardUntil, heardUntil + 30 * MINUTE_MS)).toMatchObject({ least: 5 });
  });

  it('is none in the quarter of an hour after an event, however busy the channel', () => {
    const busy = officeHours(10_000, 5, heardUntil);
    expect(findSilence(busy, heardUntil, heardUntil + 15 * MINUTE_MS - 1)).toBeNull();
    expect(findSilence(busy, heardUntil, heardUntil + 15 * MINUTE_MS)).not.toBeNull();
  });

  it('is none at night and at the weekend, when nothing came before either', () => {
    const friday = MONDAY - 3 * DAY_MS + 17 * HOUR_MS;
    const known = officeHours(10, 5, friday);
    expect(findSilence(known, friday, friday + 14 * HOUR_MS)).toBeNull();
    expect(findSilence(known, friday, friday + 63 * HOUR_MS)).toBeNull();
    // Monday, half past nine.
    expect(findSilence(known, friday, friday + 64.5 * HOUR_MS)).toMatchObject({ unit: 'week' });
  });

  it('is none where one of the weeks before was as quiet: the quietest counts', () => {
    const holiday = new Map([...events].filter(([hour]) => hour < heardUntil - 2 * WEEK_MS || hour >= heardUntil - 2 * WEEK_MS + DAY_MS));
    expect(findSilence(holiday, heardUntil, heardUntil + 3 * HOUR_MS)).toBeNull();
  });

  it('is held against days where the channel is too young for weeks, and against nothing before that', () => {
    const allDay = (days: number) => new Map(Array.from({ length: days * 24 }, (_, n) => [heardUntil - (n + 1) * HOUR_MS, 6]));
    expect(findSilence(allDay(5), heardUntil, heardUntil + 2 * HOUR_MS)).toEqual({ unit: 'day', compared: 5, least: 12 });
    expect(findSilence(allDay(2), heardUntil, heardUntil + 2 * HOUR_MS)).toBeNull();
    expect(findSilence(new Map(), heardUntil, heardUntil + WEEK_MS)).toBeNull();
  });

  it('does not become usual by lasting', () => {
    for (let hours = 1; hours <= 24 * 14; hours += 5) {
      expect(findSilence(events, heardUntil, heardUntil + hours * HOUR_MS)).not.toBeNull();
    }
  });

  it('never begins to be usual again while it goes on, in any history', () => {
    const history = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 * 7 * 24 }), fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 6 * 24 }), (counts, hours) => {
        const known = new Map(counts.map(([ago, count]) => [heardUntil - ago * HOUR_MS, count]));
        const soon = findSilence(known, heardUntil, heardUntil + hours * HOUR_MS);
        const later = findSilence(known, heardUntil, heardUntil + (hours + 1) * HOUR_MS);
        expect(soon !== null && later !== null && soon.unit === later.unit && soon.compared === later.compared ? later.least >= soon.least : true).toBe(true);
      }),
    );
  });
});
