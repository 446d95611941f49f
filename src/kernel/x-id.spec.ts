import fc from 'fast-check';
import { compareXIds, X_ID_PATTERN } from './x-id.js';

const ids = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });

describe('ids of X', () => {
  it('are ordered as the numbers they stand for, to the last digit', () => {
    expect(compareXIds('9', '10')).toBeLessThan(0);
    expect(compareXIds('2089623330616353717', '2089623330616353718')).toBeLessThan(0);
    expect(compareXIds('2089623330616353717', '2089623330616353717')).toBe(0);
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        expect(Math.sign(compareXIds(`${a}`, `${b}`))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it('are ordered when they are next to each other', () => {
    fc.assert(fc.property(ids, (a) => expect(compareXIds(`${a}`, `${a + 1n}`)).toBeLessThan(0)));
  });

  it('are all of 64 bits, written one way', () => {
    fc.assert(fc.property(ids, (id) => expect(`${id}`).toMatch(X_ID_PATTERN)));
    for (const text of ['', '0', '007', '-1', '+1', '1.0', '1e3', ' 1', '1\n', '١٢٣', '123456789012345678901']) {
      expect(text).not.toMatch(X_ID_PATTERN);
    }
  });
});
