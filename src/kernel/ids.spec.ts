import fc from 'fast-check';
import { IdFactory, type IdPrefix, isId } from './ids.js';

const PREFIXES: IdPrefix[] = ['chn', 'cnv', 'msg', 'cbk', 'dlv', 'key', 'evt', 'att', 'whe'];
const NOW = Date.UTC(2026, 10, 22, 9, 30, 15, 123);
/** Chance of one kind: `byte` over and over. */
const always = (byte: number) => new IdFactory((length) => new Uint8Array(length).fill(byte));
const isSorted = (ids: readonly string[]) => ids.every((id, index) => index === 0 || (ids[index - 1] ?? '') < id);

describe('an id', () => {
  it('is its prefix, ten characters of time and sixteen of chance', () => {
    expect(always(0).create('msg', 0)).toBe('msg_00000000000000000000000000');
    expect(always(0).create('msg', 32)).toBe('msg_00000000100000000000000000');
    expect(always(31).create('chn', NOW)).toMatch(/^chn_[0-9a-z]{10}fzzzzzzzzzzzzzzz$/);
  });

  it('sorts by the time it was made, whatever the chance', () => {
    const times = fc.array(fc.integer({ min: 0, max: Date.UTC(9999, 0) }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(times, fc.array(fc.nat(255), { minLength: 1, maxLength: 8 }), (instants, bytes) => {
        const sorted = [...new Set(instants)].sort((a, b) => a - b);
        // Each of another process: nothing but the time orders them.
        expect(isSorted(sorted.map((instant, index) => always(bytes[index % bytes.length] ?? 0).create('msg', instant)))).toBe(true);
      }),
    );
  });

  it.each([0, 31, 127, 255])('is greater than the one before within a millisecond, from chance %d on', (byte) => {
    const factory = always(byte);
    const ids = Array.from({ length: 2_000 }, () => factory.create('msg', NOW));
    expect(isSorted(ids)).toBe(true);
    expect(ids.every((id) => isId('msg', id))).toBe(true);
  });

  it('is greater than the one before though the clock stands still or goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 30 }), fc.infiniteStream(fc.nat(255)), (moves, chance) => {
        const factory = new IdFactory((length) => Uint8Array.from({ length }, () => chance.next().value as number));
        expect(isSorted(moves.map((move) => factory.create('msg', NOW + move)))).toBe(true);
      }),
    );
  });

  it('is another one each time, in two processes that start alike', () => {
    const [one, two] = [always(1), always(2)];
    const ids = Array.from({ length: 100 }, () => [one.create('msg', NOW), two.create('msg', NOW)]).flat();
    expect(new Set(ids).size).toBe(200);
  });
});

describe('what is called an id', () => {
  it.each(PREFIXES)('begins with its own prefix: %s', (prefix) => {
    const id = always(200).create(prefix, NOW);
    expect(PREFIXES.filter((other) => isId(other, id))).toEqual([prefix]);
  });

  it.each(['', 'msg_', 'msg_0000000000000000000000000', 'msg_000000000000000000000000000', 'msg_0000000000000000000000000l', 'MSG_00000000000000000000000000', ' msg_00000000000000000000000000', 'msg_00000000000000000000000000\n'])(
    'is nothing else: %j',
    (text) => {
      expect(isId('msg', text)).toBe(false);
    },
  );
});
