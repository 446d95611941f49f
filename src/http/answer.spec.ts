import fc from 'fast-check';
import { canonicalJson, writeAnswer } from './answer.js';

/** The same value with the fields of every object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([key, nested]) => [key, reordered(nested)]));
}

const plainJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

describe('a value as canonical JSON', () => {
  it('is the same text whatever the order of the fields, and still the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reordered(value))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(plainJson(value));
      }),
      { numRuns: 300 },
    );
  });

  it('is another text for another value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const isSameValue = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(canonicalJson(a) === canonicalJson(b)).toBe(isSameValue);
      }),
    );
  });

  it('keeps the order of a list, and tells a missing field from one that is null', () => {
    expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
    expect(canonicalJson({ a: null })).not.toBe(canonicalJson({}));
    expect(canonicalJson({ b: 1, a: { d: [{ f: 1, e: 2 }], c: '' } })).toBe('{"a":{"c":"","d":[{"e":2,"f":1}]},"b":1}');
  });

  it('holds fields with the names of a prototype', () => {
    const body = JSON.parse('{"b":1,"__proto__":{"a":2},"constructor":3}') as unknown;
    expect(canonicalJson(body)).toBe('{"__proto__":{"a":2},"b":1,"constructor":3}');
  });
});

/** Written apart from the code under test: pairs instead of objects. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return ['list', ...value.map(sorted)];
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  return ['object', ...Object.keys(fields).sort().map((key) => [key, sorted(fields[key])])];
}

describe('a written answer', () => {
  it('is the bytes that leave, and not yet a replay', () => {
    expect(writeAnswer({ status: 202, headers: { location: '/v1/messages/msg_1' }, body: { b: 'ä', a: null } })).toEqual({
      status: 202,
      headers: { location: '/v1/messages/msg_1' },
      body: '{"b":"ä","a":null}',
      isReplay: false,
    });
  });
});
