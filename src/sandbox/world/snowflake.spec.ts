import { compareIds, SnowflakeFactory, snowflakeTime } from './snowflake.js';

// Ids and times of X's own payloads.
const KNOWN = [
  ['2089623330616353717', 1787040000000],
  ['2089623729075137655', 1787040095000],
] as const;

describe('snowflakes', () => {
  it.each(KNOWN)('%s was made at %d', (id, time) => {
    expect(snowflakeTime(id)).toBe(time);
  });

  it('carry the millisecond they are made for', () => {
    expect(snowflakeTime(new SnowflakeFactory().create(1787040000123))).toBe(1787040000123);
  });

  it('never meet within one millisecond, and sort in the order they were made', () => {
    const factory = new SnowflakeFactory();
    const ids = Array.from({ length: 5_000 }, () => factory.create(1787040000000));
    expect(new Set(ids).size).toBe(5_000);
    expect([...ids].sort(compareIds)).toEqual(ids);
  });

  it('are compared as numbers, not as text', () => {
    expect(compareIds('9', '10')).toBeLessThan(0);
    expect(compareIds('2089623330616353717', '2089623330616353718')).toBeLessThan(0);
    expect(compareIds('5', '5')).toBe(0);
  });
});
