import { connect } from 'node:net';
import { anyText, textLike } from './answers.js';
import { NAJM, RANIA } from './cast.js';
import { countRows } from './database.js';
import { type Answer, type Both, type CallOptions, connectNajm, type Service, startBoth, textTo } from './service.js';

describe('REST conventions', () => {
  let both: Both;
  let service: Service;
  let messages: number;
  const post = (options: CallOptions, path = '/v1/messages') => service.call(path, { method: 'POST', ...options });

  beforeAll(async () => {
    both = await startBoth();
    service = both.service;
    await connectNajm(service);
  });
  beforeEach(async () => {
    messages = await countRows(both.databaseUrl, 'messages');
  });
  // Nothing in this file is a valid send.
  afterEach(async () => expect(await countRows(both.databaseUrl, 'messages')).toBe(messages));
  afterAll(() => both.stop());

  const text = textTo('Hello');
  const json = (change: Record<string, unknown>) => JSON.stringify({ ...text, ...change });
  const bad: [string, string, CallOptions, number, string][] = [
    ['no key', '/v1/messages', { key: null }, 401, 'access.unauthenticated'],
    ['a wrong key', '/v1/messages', { key: 'nonsense' }, 401, 'access.unauthenticated'],
    ['an empty key', '/v1/messages', { key: null, headers: { authorization: 'Bearer' } }, 401, 'access.unauthenticated'],
    ['a key as another scheme', '/v1/messages', { key: null, headers: { authorization: 'Basic ZTJlOmU=' } }, 401, 'access.unauthenticated'],
    ['an address that nothing has', '/v1/nothing', {}, 404, 'request.not-found'],
    ['an id that nothing has', '/v1/messages/msg_00000000000000000000000000', {}, 404, 'message.not-found'],
    ['an id that cannot be one', '/v1/channels/1', {}, 404, 'channel.not-found'],
    ['an id of 1,000 characters', `/v1/messages/${'m'.repeat(1_000)}`, {}, 404, 'message.not-found'],
    ['an address with a broken escape', '/v1/messages/%E0%A4%A', {}, 400, 'request.invalid'],
    ['an address with NUL', '/v1/messages/msg_%00', {}, 400, 'request.invalid'],
    ['a query with NUL', '/v1/messages?reference=a%00b', {}, 400, 'request.invalid'],
    ['a query field that nobody knows', '/v1/messages?order=asc', {}, 400, 'request.invalid'],
    ['another method', '/v1/messages', { method: 'PUT', body: {} }, 405, 'request.method-not-allowed'],
    ['another method on one thing', '/v1/conversations/cnv_1', { method: 'DELETE' }, 405, 'request.method-not-allowed'],
    ['a body over 64 KiB', '/v1/messages', { raw: json({ reference: 'x'.repeat(65_536) }) }, 413, 'request.body-too-large'],
    ['a body that calls itself XML', '/v1/messages', { raw: '<a/>', headers: { 'content-type': 'text/xml' } }, 415, 'request.unsupported-media-type'],
    ['a form', '/v1/messages', { raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 'request.unsupported-media-type'],
    ['JSON that calls itself text', '/v1/messages', { raw: json({}), headers: { 'content-type': 'text/plain' } }, 415, 'request.unsupported-media-type'],
    ['a compressed body', '/v1/messages', { raw: json({}), headers: { 'content-encoding': 'gzip' } }, 415, 'request.unsupported-media-type'],
    ['a body that is not JSON', '/v1/messages', { raw: '{"from":' }, 400, 'request.malformed-json'],
    ['a body with a trailing comma', '/v1/messages', { raw: '{"a":1,}' }, 400, 'request.malformed-json'],
    ['bytes that are not UTF-8', '/v1/messages', { raw: Buffer.from(json({}).replace('Hello', 'H\xe9llo'), 'latin1') }, 400, 'request.malformed-json'],
    ['nesting without end', '/v1/messages', { raw: '['.repeat(60_000) }, 400, 'request.malformed-json'],
    ['deep nesting', '/v1/messages', { raw: json({ reference: 0 }).replace('0', '['.repeat(30_000) + ']'.repeat(30_000)) }, 400, 'request.invalid'],
    ['an empty body', '/v1/messages', { raw: '' }, 400, 'request.invalid'],
    ['no body', '/v1/messages', { method: 'POST' }, 400, 'request.invalid'],
    ['a body that is null', '/v1/messages', { raw: 'null' }, 400, 'request.invalid'],
    ['a list as the body', '/v1/messages', { body: [text] }, 400, 'request.invalid'],
    ['a text as the body', '/v1/messages', { body: 'hello' }, 400, 'request.invalid'],
    ['an unknown field', '/v1/messages', { body: { ...text, sendAt: 'now' } }, 400, 'request.invalid'],
    ['an unknown field inside', '/v1/messages', { body: { ...text, content: { type: 'text', text: 'x', html: '' } } }, 400, 'request.invalid'],
    ['a prototype as a field', '/v1/messages', { raw: json({ ['x']: 1 }).replace('"x"', '"__proto__"') }, 400, 'request.malformed-json'],
    ['a constructor as a field', '/v1/messages', { raw: json({ ['x']: 1 }).replace('"x":1', '"constructor":{"prototype":{"polluted":1}}') }, 400, 'request.malformed-json'],
    ['an X id that is a number', '/v1/messages', { raw: json({}).replace(`"${NAJM.id}"`, NAJM.id) }, 400, 'request.id-must-be-string'],
    ['a participant’s id that is a number', '/v1/messages', { raw: json({}).replace(`"${RANIA.id}"`, RANIA.id) }, 400, 'request.id-must-be-string'],
    ['a cursor that is not ours', '/v1/messages?cursor=abc', {}, 400, 'request.invalid-cursor'],
    ...['0', '101', '-1', '1.5', '1e1', '0x10', ' 5', '+5', 'ten', '', '99999999999999999999'].map((limit): (typeof bad)[number] => [
      `a limit of “${limit}”`,
      `/v1/channels?limit=${encodeURIComponent(limit)}`,
      {},
      400,
      'request.invalid',
    ]),
  ];

  it.each(bad)('answers %s with a problem document', async (_what, path, options, status, code) => {
    const call = path === '/v1/messages' && options.method === undefined ? { method: 'POST', ...options } : options;
    expectProblem(await service.call(path, call), path, status, code);
  });

  it.each([
    ['/v1/messages', 'PUT', ['GET', 'POST']],
    ['/v1/channels/chn_1', 'POST', ['DELETE', 'GET', 'PATCH']],
    ['/v1/channels/chn_1/connect', 'GET', ['POST']],
    ['/v1/api-keys/key_1', 'GET', ['DELETE']],
  ])('says with Allow what %s takes instead of %s', async (path, method, expected) => {
    const { status, headers } = await service.call(path, { method });
    expect(status).toBe(405);
    expect((headers.get('allow') ?? '').split(', ').filter((name) => name !== 'HEAD')).toEqual(expected);
  });

  it('asks for a Bearer key with WWW-Authenticate', async () => {
    expect((await service.call('/v1/messages', { key: null })).headers.get('www-authenticate')).toBe('Bearer');
  });

  it('points to every field that is wrong, and to one whose name needs escaping', async () => {
    const { body } = await post({ body: { from: 'abc', to: { number: '-1' }, content: { type: 'text', text: ' ' }, 'a/b~c': 1 } });
    const pointers = (body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort();
    expect(pointers).toEqual(['/a~1b~0c', '/content/text', '/from', '/to/number']);
  });

  it('answers half a body with a problem document, and stores nothing', async () => {
    const whole = json({});
    const head = `POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer e2e-admin-key-0123456789\r\ncontent-type: application/json\r\ncontent-length: ${whole.length}\r\n\r\n`;
    const answer = await exchange(service.url, head + whole.slice(0, 40));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/content-type: application\/problem\+json/i);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toMatchObject({ status: 400, code: 'request.malformed-json', requestId: anyText });
  });

  it.each(['POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n', 'nonsense\r\n\r\n', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`])(
    'answers what is not HTTP with a problem document (%#)',
    async (bytes) => {
      const answer = await exchange(service.url, bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).toMatch(/content-type: application\/problem\+json/i);
    },
  );

  it.each(['abc-123', 'a', 'A.b_c:d-9', 'x'.repeat(128)])('takes the request id %s and answers with it', async (id) => {
    const answer = await service.call('/v1/messages/msg_1', { headers: { 'x-request-id': id } });
    expect([answer.headers.get('x-request-id'), answer.body['requestId']]).toEqual([id, id]);
    expect((await service.call('/health/live', { headers: { 'x-request-id': id } })).headers.get('x-request-id')).toBe(id);
  });

  it.each(['', 'with space', 'x'.repeat(129), 'a"b', '<script>', 'a,b', 'é'])('makes an id of its own instead of “%s”', async (id) => {
    const answer = await service.call('/v1/messages/msg_1', { headers: { 'x-request-id': id } });
    expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{24}$/);
    expect(answer.body['requestId']).toBe(answer.headers.get('x-request-id'));
  });
});

function expectProblem({ status, headers, text, body }: Answer, path: string, wantedStatus: number, code: string): void {
  expect([status, body['code']]).toEqual([wantedStatus, code]);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(body).toMatchObject({
    type: textLike(/^\S+:\S+$/),
    title: textLike(/\S/),
    status: wantedStatus,
    detail: textLike(/\S/),
    instance: path.split('?')[0],
    requestId: headers.get('x-request-id'),
  });
  expect(text).not.toMatch(/node_modules|\.ts:|\.js:|    at /);
  for (const error of (body['errors'] ?? []) as unknown[]) {
    expect(error).toEqual({ pointer: anyText, code: anyText, detail: anyText });
  }
}

/** Writes bytes on a bare connection, says that there are no more, and gives all that comes back. */
function exchange(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(bytes));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
