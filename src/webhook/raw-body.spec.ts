import fc from 'fast-check';
import { fromStoredBody, toStoredBody } from './raw-body.js';

const interesting = fc.constantFrom(
  ...[[0x00], [0xef, 0xbb, 0xbf], [0xff], [0xc3], [0xc3, 0xa4], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x99, 0x8f], [0xf0, 0x9f], [0xef, 0xbf, 0xbd], [0x0d, 0x0a], [0x7b]],
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((some) => Buffer.from(some)),
  fc.array(interesting, { maxLength: 20 }).map((parts) => Buffer.from(parts.flat())),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => Buffer.from(text)),
);

describe('a stored body', () => {
  it('gives back the very bytes that came', () => {
    fc.assert(
      fc.property(bytes, (body) => {
        expect(fromStoredBody(toStoredBody(body)).equals(body)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is text that every database takes', () => {
    fc.assert(
      fc.property(bytes, (body) => {
        const stored = toStoredBody(body);
        expect(stored.body).not.toContain('\u0000');
        expect(stored.body).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['JSON', Buffer.from('{"text":"مرحبا 🙏"}'), 'utf8'],
    ['nothing', Buffer.alloc(0), 'utf8'],
    ['a byte order mark first', Buffer.from('\uFEFF{}'), 'utf8'],
    ['a replacement character that was sent as one', Buffer.from('\uFFFD'), 'utf8'],
    ['NUL', Buffer.from('{"a":"\u0000"}'), 'base64'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'base64'],
    ['half a character', Buffer.from([0xf0, 0x9f, 0x99]), 'base64'],
  ])('that holds %s is kept readable where it can be', (_what, body, encoding) => {
    const stored = toStoredBody(body);
    expect(stored.encoding).toBe(encoding);
    expect(fromStoredBody(stored)).toEqual(body);
  });
});
