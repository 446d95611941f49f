import fc from 'fast-check';
import { IdFactory } from '../kernel/ids.js';
import { API_KEY_SECRET_BYTES, formatApiKey, hashApiKeySecret, isSameText, parseApiKey } from './api-key.js';

const ID = new IdFactory((length) => new Uint8Array(length).fill(31)).create('key', Date.UTC(2026, 10, 22));
const SECRET = Buffer.alloc(API_KEY_SECRET_BYTES, 0xa5);
const KEY = formatApiKey(ID, SECRET);
const secrets = fc.uint8Array({ minLength: API_KEY_SECRET_BYTES, maxLength: API_KEY_SECRET_BYTES }).map((bytes) => Buffer.from(bytes));

describe('an API key', () => {
  it('can be told by its prefix and its shape, as secret scanners do', () => {
    expect(KEY).toMatch(/^tdc_[0-9a-z]{26}_[0-9a-f]{72}$/);
  });

  it('holds its id and its secret', () => {
    const chance = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(secrets, chance, fc.nat(Date.UTC(2100, 0)), (secret, bytes, now) => {
        const id = new IdFactory(() => bytes).create('key', now);
        expect(parseApiKey(formatApiKey(id, secret))).toEqual({ id, secret: secret.toString('hex') });
      }),
    );
  });

  it('is refused with any one character changed', () => {
    for (let at = 0; at < KEY.length; at += 1) {
      for (const character of ['0', '1', '7', 'a', 'f', 'z', 'A', '_', ' ', 'é']) {
        const changed = `${KEY.slice(0, at)}${character}${KEY.slice(at + 1)}`;
        expect(changed === KEY || parseApiKey(changed) === null).toBe(true);
      }
    }
  });

  it('is refused with two characters in the wrong order, one missing or one too many', () => {
    for (let at = 0; at < KEY.length; at += 1) {
      const [here, next] = [KEY[at] ?? '', KEY[at + 1] ?? ''];
      const swapped = `${KEY.slice(0, at)}${next}${here}${KEY.slice(at + 2)}`;
      expect(swapped === KEY || parseApiKey(swapped) === null).toBe(true);
      expect(parseApiKey(`${KEY.slice(0, at)}${KEY.slice(at + 1)}`)).toBeNull();
      expect(parseApiKey(`${KEY.slice(0, at)}0${KEY.slice(at)}`)).toBeNull();
    }
  });

  it.each(['', 'tdc_', 'Bearer x', KEY.toUpperCase(), ` ${KEY}`, `${KEY}\n`, KEY.replace('tdc_', 'xyz_'), 'x'.repeat(10_000)])('is nothing else: %j', (text) => {
    expect(parseApiKey(text)).toBeNull();
  });

  it('is refused whatever text it is', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => expect(parseApiKey(text)).toBeNull()));
  });
});

describe('what is stored of a key', () => {
  const [pepper, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];

  it('is the same each time, and another for another secret or another encryption key', () => {
    const stored = hashApiKeySecret('aa', pepper);
    expect(hashApiKeySecret('aa', Buffer.from(pepper))).toBe(stored);
    expect(hashApiKeySecret('ab', pepper)).not.toBe(stored);
    expect(hashApiKeySecret('aa', other)).not.toBe(stored);
  });

  it('is 256 bits and tells nothing of the secret', () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const stored = hashApiKeySecret(secret.toString('hex'), pepper);
        expect(stored).toMatch(/^[A-Za-z0-9_-]{43}$/);
        expect(Buffer.from(stored, 'base64url').equals(secret)).toBe(false);
      }),
    );
  });
});

describe('two texts', () => {
  it('are the same when every byte is', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => expect(isSameText(a, b)).toBe(Buffer.from(a).equals(Buffer.from(b)))));
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (a) => expect(isSameText(a, `${a}`)).toBe(true)));
  });

  it('are compared though they differ in length, by characters or by bytes', () => {
    expect(isSameText('a', 'aa')).toBe(false);
    expect(isSameText('', 'a')).toBe(false);
    expect(isSameText('é', 'e')).toBe(false);
  });
});
