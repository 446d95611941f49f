import type { AnswerBody } from './answers.js';
import { NAJM } from './cast.js';
import { countRows, queryDatabase } from './database.js';
import { type Both, connectNajm, type Service, startBoth } from './service.js';
import { challenge, deliver, inboundBody, payload, sign, VECTORS } from './x-webhook.js';

const SECRET = NAJM.credentials.consumerSecret;
const token = (length: number) => 'aB3+/=_-'.repeat(32).slice(0, length);

describe('The webhook', () => {
  let both: Both;
  let service: Service;
  let channel: AnswerBody;
  const stored = () => countRows(both.databaseUrl, 'webhook_events');

  beforeAll(async () => {
    both = await startBoth();
    service = both.service;
    channel = await connectNajm(service);
  });
  afterAll(() => both.stop());

  describe('when X challenges it', () => {
    const [vector] = VECTORS.crc.filter(({ consumer_secret: secret }) => secret === SECRET);

    it('answers X’s own vector byte for byte, uncompressed and without a redirect', async () => {
      const answer = await challenge(service, channel, `crc_token=${vector?.crc_token}`);
      expect([answer.status, answer.body]).toEqual([200, vector?.response]);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(answer.headers.get('content-encoding')).toBeNull();
    });

    it('pays no attention to a nonce or to other parameters', async () => {
      const answer = await challenge(service, channel, `nonce=abc123&crc_token=${vector?.crc_token}&more=1`);
      expect([answer.status, answer.body]).toEqual([200, vector?.response]);
    });

    it.each([16, 128])('answers a token of %i characters, decoded from the query', async (length) => {
      const text = token(length);
      const answer = await challenge(service, channel, `crc_token=${encodeURIComponent(text)}`);
      expect([answer.status, answer.body]).toEqual([200, { response_token: sign(text) }]);
    });

    it.each([
      ['an event of X', JSON.stringify({ for_user_id: NAJM.id, direct_message_events: [] })],
      ['the shortest JSON object that fits the length', '{"for_user_id":1}'],
      ['15 characters', token(15)],
      ['129 characters', token(129)],
      ['nothing', ''],
      ['a space inside', 'abcdefgh ijklmnop'],
      ['a line break at its end', 'abcdefghijklmnop\n'],
      ['letters beyond ASCII', 'abcdefghijklmnopé'],
      ['NUL', 'abcdefghijklmnop\u0000'],
    ])('signs nothing when the token is %s', async (_what, text) => {
      const { status, body, text: answer } = await challenge(service, channel, `crc_token=${encodeURIComponent(text)}`);
      expect([status, body['code']]).toEqual([400, 'webhook.challenge-invalid']);
      expect(answer).not.toContain('response_token');
      expect(answer).not.toContain(sign(text).slice('sha256='.length));
    });

    it.each(['', 'crc_token=0123456789abcdef&crc_token=0123456789abcdef', 'crc_token[]=0123456789abcdef'])(
      'signs nothing for the query “%s”',
      async (query) => {
        expect((await challenge(service, channel, query)).body['code']).toBe('webhook.challenge-invalid');
      },
    );

    it('knows no other address than its channels’ own', async () => {
      const { status, body } = await service.call('/webhooks/x/0123456789abcdef0123456789abcdef?crc_token=0123456789abcdef', { key: null });
      expect([status, body['code']]).toEqual([404, 'webhook.unknown']);
    });
  });

  describe('when an event comes', () => {
    const body = payload('aaa-dm-text-inbound.json');
    const signature = VECTORS.files['aaa-dm-text-inbound.json'] ?? '';

    it.each(Object.keys(VECTORS.files))('takes %s with the signature that X made of it, and keeps its bytes', async (name) => {
      const before = await stored();
      const { status } = await deliver(service, channel, payload(name), { signature: VECTORS.files[name] ?? null });
      expect([status, await stored()]).toEqual([200, before + 1]);
      const [last] = await queryDatabase(both.databaseUrl, 'SELECT encoding, body FROM webhook_events ORDER BY id DESC LIMIT 1');
      expect(Buffer.from(last?.body ?? '', last?.encoding).equals(payload(name))).toBe(true);
    });

    const bits = [0, 7, 8 * 100, 8 * (body.length - 1)];
    const flipped = bits.map((bit): [string, Buffer, string | null] => {
      const changed = Buffer.from(body);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return [`bit ${bit} of the body flipped`, changed, signature];
    });
    const digest = Buffer.from(signature.slice('sha256='.length), 'base64');
    const wrongDigest = Buffer.from(digest).fill((digest[0] ?? 0) ^ 1, 0, 1);

    it.each([
      ...flipped,
      ['the body written anew', Buffer.from(JSON.stringify(JSON.parse(body.toString()))), signature],
      ['the body without its last line break', body.subarray(0, -1), signature],
      ['no signature', body, null],
      ['an empty signature', body, ''],
      ['one bit of the signature flipped', body, `sha256=${wrongDigest.toString('base64')}`],
      ['the signature in hexadecimal', body, `sha256=${digest.toString('hex')}`],
      ['the signature in base64url', body, `sha256=${digest.toString('base64url')}`],
      ['the signature without its prefix', body, digest.toString('base64')],
      ['the prefix in capitals', body, signature.replace('sha256', 'SHA256')],
      ['a signature cut short', body, signature.slice(0, -4)],
      ['a signature twice', body, `${signature}, ${signature}`],
      ['the signature of another secret', body, sign(body, 'another-secret')],
      ['an empty body with no signature', Buffer.alloc(0), null],
    ])('refuses %s: 401, nothing stored, nothing parsed', async (_what, bytes, given) => {
      const before = await stored();
      const parse = jest.spyOn(JSON, 'parse');
      const texts: unknown[] = [];
      let answer: Awaited<ReturnType<typeof deliver>>;
      try {
        answer = await deliver(service, channel, bytes, { signature: given });
        texts.push(...parse.mock.calls.map(([text]) => text));
      } finally {
        parse.mockRestore();
      }
      expect([answer.status, answer.body['code'], await stored()]).toEqual([401, 'webhook.signature-invalid', before]);
      // The answer itself is read with JSON.parse here.
      expect(texts.filter((text) => text !== answer.text)).toEqual([]);
    });

    it('refuses an event for an address that no channel has', async () => {
      const before = await stored();
      const { status } = await service.call('/webhooks/x/0123456789abcdef0123456789abcdef', {
        raw: body,
        key: null,
        headers: { 'x-twitter-webhooks-signature': signature },
      });
      expect([status, await stored()]).toEqual([404, before]);
    });

    it.each(['application/json; charset=utf-8', 'text/plain', 'application/octet-stream', 'application/x-www-form-urlencoded'])(
      'takes the signed bytes whatever they are called: %s',
      async (type) => {
        const { status } = await deliver(service, channel, body, { headers: { 'content-type': type } });
        expect(status).toBe(200);
      },
    );

    it('takes 1 MiB and answers 413 to a byte more', async () => {
      const envelope = inboundBody();
      const fill = (length: number) => `${envelope.slice(0, -1)},"users":{}${' '.repeat(length - envelope.length - 11)}}`;
      const limit = 1_048_576;
      expect(fill(limit)).toHaveLength(limit);
      expect((await deliver(service, channel, fill(limit))).status).toBe(200);
      const before = await stored();
      const { status, body: problem } = await deliver(service, channel, fill(limit + 1));
      expect([status, problem['code'], await stored()]).toEqual([413, 'request.body-too-large', before]);
    });

    it('has no other methods', async () => {
      const answer = await service.call(new URL(channel['webhookUrl']).pathname, { method: 'PUT', key: null });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toMatch(/GET.*POST/);
    });
  });
});
