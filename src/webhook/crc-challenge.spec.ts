import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { answerChallenge, isChallengeToken } from './crc-challenge.js';

interface Vectors {
  crc: { consumer_secret: string; crc_token: string; response: { response_token: string } }[];
}

const { crc } = JSON.parse(readFileSync(join(__dirname, '../../test/fixtures/x/crc-and-signature-vectors.json'), 'utf8')) as Vectors;
const TOKEN_CHARACTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-'];

describe('the answer to a challenge', () => {
  it.each(crc)('agrees with the vector for $crc_token', ({ consumer_secret, crc_token, response }) => {
    expect(isChallengeToken(crc_token)).toBe(true);
    expect(answerChallenge(crc_token, consumer_secret)).toBe(response.response_token);
  });

  it('is the HMAC-SHA256 of the token under the consumer secret', () => {
    const token = 'ZTQ1YzA0YmYtN2Q0Yi00';
    expect(answerChallenge(token, 'secret')).toBe(`sha256=${createHmac('sha256', 'secret').update(token).digest('base64')}`);
    expect(answerChallenge(token, 'secret')).not.toBe(answerChallenge(token, 'secret2'));
  });
});

describe('a challenge token', () => {
  it('is 16 to 128 of the characters of base64, in either alphabet', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...TOKEN_CHARACTERS), { maxLength: 200 }), (characters) => {
        expect(isChallengeToken(characters.join(''))).toBe(characters.length >= 16 && characters.length <= 128);
      }),
    );
  });

  it.each([
    [15, false],
    [16, true],
    [128, true],
    [129, false],
  ])('of %d characters is one: %s', (length, isOne) => {
    expect(isChallengeToken('a'.repeat(length))).toBe(isOne);
  });

  it('has no other character anywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 0xffff }), (at, code) => {
        const character = String.fromCharCode(code);
        const token = `${'a'.repeat(at)}${character}${'a'.repeat(17 - at)}`;
        expect(isChallengeToken(token)).toBe(TOKEN_CHARACTERS.includes(character));
      }),
    );
    for (const token of ['aaaaaaaaaaaaaaaa\n', '\naaaaaaaaaaaaaaaa', 'aaaaaaaa%3Daaaaaaaa', 'aaaaaaaa aaaaaaaa']) {
      expect(isChallengeToken(token)).toBe(false);
    }
  });

  it.each([
    ['an event', '{"user_event":{"revoke":{"source":{"user_id":"1488203456789012345"}}}}'],
    ['the shortest object of that length', '{"a":"aaaaaaaaaaaa"}'],
    ['an array', '[11111111111111111]'],
    ['nothing', ''],
    ['no text', undefined],
    ['two tokens', ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb']],
    ['a number', 12345678901234567],
  ])('is not %s', (_what, token) => {
    expect(isChallengeToken(token)).toBe(false);
  });

  it('is never a JSON object, so that its signature is no event’s', () => {
    const objects = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value));
    fc.assert(fc.property(objects, (text) => expect(isChallengeToken(text)).toBe(false)));
  });
});
