import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { NONCE_BYTES, openText, sealText } from './sealed-text.js';

const KEY = Buffer.alloc(32, 7);
const PLACE = 'channel_secret.value:chn_1.accessToken';
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((some) => Buffer.from(some));
const texts = fc.string({ unit: 'grapheme', maxLength: 60 });

describe('a sealed text', () => {
  it('opens to the very text', () => {
    fc.assert(
      fc.property(texts, fc.string(), bytes(32), bytes(NONCE_BYTES), (text, place, key, nonce) => {
        expect(openText(sealText(text, place, key, nonce), place, key)).toBe(text);
      }),
    );
  });

  it('shows nothing of the text', () => {
    const sealed = sealText('accessTokenSecret', PLACE, KEY, randomBytes(NONCE_BYTES));
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('accessTokenSecret');
  });

  it('is another one each time, for each has its own nonce', () => {
    const sealed = Array.from({ length: 50 }, () => sealText('the same', PLACE, KEY, randomBytes(NONCE_BYTES)));
    expect(new Set(sealed).size).toBe(50);
    expect(new Set(sealed.map((each) => Buffer.from(each, 'base64').subarray(NONCE_BYTES).toString('hex'))).size).toBe(50);
  });

  it('does not open with a single bit of it changed: of the nonce, the tag or the text', () => {
    const sealed = Buffer.from(sealText('secret', PLACE, KEY, Buffer.alloc(NONCE_BYTES, 3)), 'base64');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => openText(changed.toString('base64'), PLACE, KEY)).toThrow();
    }
  });

  it('does not open in another place, or with another key', () => {
    const sealed = sealText('secret', PLACE, KEY, Buffer.alloc(NONCE_BYTES, 3));
    for (const place of ['', `${PLACE} `, PLACE.replace('chn_1', 'chn_2'), PLACE.replace('accessToken', 'consumerSecret')]) {
      expect(() => openText(sealed, place, KEY)).toThrow();
    }
    expect(() => openText(sealed, PLACE, Buffer.alloc(32, 8))).toThrow();
  });

  it('does not open cut short, however short', () => {
    const sealed = Buffer.from(sealText('secret', PLACE, KEY, Buffer.alloc(NONCE_BYTES, 3)), 'base64');
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => openText(sealed.subarray(0, length).toString('base64'), PLACE, KEY)).toThrow();
    }
  });

  it('does not open with something behind it', () => {
    const sealed = Buffer.from(sealText('secret', PLACE, KEY, Buffer.alloc(NONCE_BYTES, 3)), 'base64');
    expect(() => openText(Buffer.concat([sealed, Buffer.alloc(1)]).toString('base64'), PLACE, KEY)).toThrow();
  });

  it('is not made with a key of another length', () => {
    expect(() => sealText('secret', PLACE, Buffer.alloc(16), Buffer.alloc(NONCE_BYTES))).toThrow();
  });
});
