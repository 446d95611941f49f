import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { isSignedByX, isSignedEitherWay } from './event-signature.js';

interface Vectors {
  post_body: { consumer_secret: string; raw_body: string; header: string }[];
  files_consumer_secret: string;
  files: Record<string, string>;
}

const FIXTURES = join(__dirname, '../../test/fixtures/x');
const vectors = JSON.parse(readFileSync(join(FIXTURES, 'crc-and-signature-vectors.json'), 'utf8')) as Vectors;
const SECRET = vectors.files_consumer_secret;

const sign = (body: Buffer, secret: string) => `sha256=${createHmac('sha256', secret).update(body).digest('base64')}`;
const flipBit = (bytes: Buffer, bit: number): Buffer => {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return flipped;
};
const bodies = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));

describe('a signed event', () => {
  it.each(vectors.post_body)('agrees with the vector $header', ({ consumer_secret, raw_body, header }) => {
    expect(isSignedByX(Buffer.from(raw_body), header, [consumer_secret])).toBe(true);
  });

  it.each(Object.entries(vectors.files))('agrees with the vector of the bytes of %s', (name, header) => {
    const body = readFileSync(join(FIXTURES, name));
    expect(isSignedByX(body, header, [SECRET])).toBe(true);
    expect(isSignedByX(Buffer.from(JSON.stringify(JSON.parse(body.toString()))), header, [SECRET])).toBe(false);
  });

  it('has any bytes for a body, and none', () => {
    fc.assert(fc.property(bodies, (body) => expect(isSignedByX(body, sign(body, SECRET), [SECRET])).toBe(true)));
    expect(isSignedByX(Buffer.alloc(0), sign(Buffer.alloc(0), SECRET), [SECRET])).toBe(true);
  });

  it('is not one when a single bit of the body is another', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), (body, place) => {
        expect(isSignedByX(flipBit(body, place % (body.length * 8)), sign(body, SECRET), [SECRET])).toBe(false);
      }),
    );
  });

  it('is not one when a single bit of the signature is another', () => {
    const body = Buffer.from('{"for_user_id":"1"}');
    const signature = Buffer.from(sign(body, SECRET), 'latin1');
    for (let bit = 0; bit < signature.length * 8; bit += 1) {
      expect(isSignedByX(body, flipBit(signature, bit).toString('latin1'), [SECRET])).toBe(false);
    }
  });
});

describe('a signature', () => {
  const body = Buffer.from('{"for_user_id":"1"}');
  const right = sign(body, SECRET);

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['the prefix alone', 'sha256='],
    ['without its prefix', right.slice('sha256='.length)],
    ['of another algorithm', right.replace('sha256=', 'sha1=')],
    ['with its prefix in capitals', right.replace('sha256=', 'SHA256=')],
    ['cut short', right.slice(0, -1)],
    ['without its padding', right.replace(/=$/, '')],
    ['longer', `${right}=`],
    ['there twice', `${right}, ${right}`],
    ['in the alphabet of base64url', `${right.replaceAll('+', '-').replaceAll('/', '_')} `],
    ['in hexadecimal', `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`],
    ['of the same length in other characters', `sha256=${'é'.repeat(44)}`],
  ])('does not hold when it is %s', (_how, signature) => {
    expect(isSignedByX(body, signature, [SECRET])).toBe(false);
  });

  it('holds under any of several secrets, in any order', () => {
    expect(isSignedByX(body, right, ['older', SECRET])).toBe(true);
    expect(isSignedByX(body, right, [SECRET, 'newer'])).toBe(true);
    expect(isSignedByX(body, sign(body, 'older'), ['older', SECRET])).toBe(true);
  });

  it('does not hold under another secret, nor under none', () => {
    expect(isSignedByX(body, right, ['older', 'newer'])).toBe(false);
    expect(isSignedByX(body, right, [])).toBe(false);
  });
});

describe('an event that X signs twice', () => {
  const body = Buffer.from('{"data":{}}');
  const secrets = { consumerSecret: ['old', 'new'], clientSecret: ['client'] };
  const by = (secret: string | null): string | undefined => (secret === null ? undefined : sign(body, secret));

  it.each<[boolean, string | null, string | null]>([
    [true, 'new', 'client'],
    [true, 'old', null],
    [true, null, 'client'],
    [true, 'wrong', 'client'],
    [true, 'new', 'wrong'],
    [false, 'wrong', 'wrong'],
    [false, null, null],
    [false, 'client', 'new'],
    [false, null, 'old'],
  ])('is X’s (%s) with the signatures of %s and %s', (isX, consumer, client) => {
    expect(isSignedEitherWay(body, { consumerSecret: by(consumer), clientSecret: by(client) }, secrets)).toBe(isX);
  });

  it('is not X’s by a client secret where there is none', () => {
    expect(isSignedEitherWay(body, { consumerSecret: undefined, clientSecret: sign(body, '') }, { consumerSecret: ['new'], clientSecret: [] })).toBe(false);
  });
});
