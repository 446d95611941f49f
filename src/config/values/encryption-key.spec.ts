import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { parseEncryptionKey, toEncryptionKeyRing } from './encryption-key.js';

const keyOf = (byte: number) => Buffer.alloc(32, byte);

describe('an encryption key', () => {
  it('is what 32 bytes are in base64, with or without the padding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(parseEncryptionKey(text)).toEqual(Buffer.from(bytes));
        expect(parseEncryptionKey(text.replace('=', ''))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('is not what any other number of bytes are in base64', () => {
    const accepted = Array.from({ length: 65 }, (_, length) => length).filter(
      (length) => parseEncryptionKey(Buffer.alloc(length, 7).toString('base64')) !== null,
    );
    expect(accepted).toEqual([32]);
  });

  it.each([
    ['hexadecimal', keyOf(1).toString('hex')],
    ['base64url', Buffer.alloc(32, 0xff).toString('base64url')],
    ['a key with a space in it', `${keyOf(1).toString('base64').slice(0, 20)} ${keyOf(1).toString('base64').slice(20)}`],
    ['a text whose last bits no encoder writes', `${'A'.repeat(42)}B=`],
  ])('is not %s', (_what, text) => {
    expect(parseEncryptionKey(text)).toBeNull();
  });
});

describe('a key ring', () => {
  it('names each key by the first 8 hex digits of its SHA-256', () => {
    const { current } = toEncryptionKeyRing(keyOf(1), []);
    expect(current.id).toBe(createHash('sha256').update(keyOf(1)).digest('hex').slice(0, 8));
  });

  it('keeps the order and holds no key twice', () => {
    const ring = toEncryptionKeyRing(keyOf(1), [keyOf(2), keyOf(1), keyOf(3), keyOf(2)]);
    expect(ring.current.key).toEqual(keyOf(1));
    expect(ring.previous.map(({ key }) => key)).toEqual([keyOf(2), keyOf(3)]);
  });
});
