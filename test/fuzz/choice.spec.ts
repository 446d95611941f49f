import fc from 'fast-check';
import { Choice } from './choice.js';

const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('a choice', () => {
  it('is the same for the same seed, and for each turn of it another', () => {
    const [one = [], two] = [new Choice(7), new Choice(7)].map((choice) => Array.from({ length: 20 }, () => [choice.of(fc.uuid()), choice.from(DIGITS)].join()));
    expect(one).toEqual(two);
    expect(new Set(one).size).toBe(20);
  });

  it('of neighbouring seeds is as different as of any', () => {
    const values = Array.from({ length: 1_000 }, (_none, at) => new Choice(20_261_126 + at).from(DIGITS));
    const sames = values.filter((value, at) => value === values[at - 1]).length;
    for (const count of [sames, ...DIGITS.map((digit) => values.filter((value) => value === digit).length)]) {
      expect(count).toBeGreaterThan(60);
      expect(count).toBeLessThan(140);
    }
  });
});
