import { type CanonicalValue, type MovedType, RowSum, toCanonical } from './canonical-row.js';

describe('A value on its way from SQLite to PostgreSQL', () => {
  const read = (type: MovedType, value: unknown): CanonicalValue => toCanonical({ name: 'c', type }, value);

  it.each<[MovedType, unknown, unknown, CanonicalValue]>([
    ['boolean', 1, true, true],
    ['boolean', 0, false, false],
    ['bigint', Number.MAX_SAFE_INTEGER, '9007199254740991', Number.MAX_SAFE_INTEGER],
    ['bigint', -1, '-1', -1],
    ['integer', 7, 7, 7],
    ['text', '{"b":1, "a":"\\u0000"}', '{"b":1, "a":"\\u0000"}', '{"b":1, "a":"\\u0000"}'],
    ['text', null, null, null],
    ['varchar', '007', '007', '007'],
  ])('%s is the same whichever engine hands it out as %p or %p', (type, ofSqlite, ofPostgres, expected) => {
    expect([read(type, ofSqlite), read(type, ofPostgres)]).toEqual([expected, expected]);
  });

  it.each<[MovedType, unknown]>([
    ['boolean', 2],
    ['boolean', 'true'],
    ['bigint', 1.5],
    ['bigint', 2 ** 53],
    ['bigint', '9007199254740993'],
    ['integer', ''],
    ['text', 5],
    ['text', Buffer.from('x')],
    ['text', 'a\u0000b'],
    ['text', undefined],
  ])('that is no %s, such as %p, is refused', (type, value) => {
    expect(() => read(type, value)).toThrow('holds');
  });
});

describe('The checksum of a table', () => {
  const sumOf = (...rows: CanonicalValue[][]): string => {
    const sum = new RowSum();
    rows.forEach((row) => sum.add(row));
    return `${sum.count} ${sum.checksum}`;
  };

  it('does not depend on the order of the rows', () => {
    expect(sumOf(['a', 1], ['b', 2], ['c', null])).toBe(sumOf(['c', null], ['a', 1], ['b', 2]));
  });

  it('tells a changed value, one in another column, a missing row and a repeated one apart', () => {
    const others = [sumOf(['a', 1], ['b', 3]), sumOf(['a', '1'], ['b', 2]), sumOf(['a', 1]), sumOf(['a', 1], ['b', 2], ['b', 2]), sumOf(['a1'], ['b2']), sumOf(['a', null], ['b', 2])];
    expect(new Set([sumOf(['a', 1], ['b', 2]), ...others]).size).toBe(7);
  });
});
