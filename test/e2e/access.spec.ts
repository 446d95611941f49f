import { DAY_MS, HOUR_MS } from '../../src/kernel/duration.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, anyText, textLike } from './answers.js';
import { RANIA } from './cast.js';
import { type Both, connectNajm, hear, NAJM_CHANNEL, type Service, startBoth, textTo } from './service.js';

const SCOPES = ['channels:read', 'channels:write', 'messages:send', 'messages:read', 'callbacks:read', 'callbacks:write', 'admin'];

describe('Who may do what', () => {
  const clock = new ManualClock(Date.now());
  let both: Both;
  let service: Service;
  let channel: AnswerBody;
  let message: AnswerBody;

  const makeKey = async (team: string, scopes: string[], more: Record<string, unknown> = {}): Promise<AnswerBody> => {
    const { status, body } = await service.call('/v1/api-keys', { body: { team, scopes, ...more } });
    expect(status).toBe(201);
    return body;
  };

  beforeAll(async () => {
    both = await startBoth({ clock });
    service = both.service;
    channel = await connectNajm(service);
    message = await hear(both, RANIA.id);
  });
  afterAll(() => both.stop());

  it('shows a key once, when it is made, and lists keys without it', async () => {
    const made = await makeKey('support', ['messages:read']);
    expect(made).toEqual({
      id: textLike(/^key_[0-9a-z]{26}$/),
      team: 'support',
      scopes: ['messages:read'],
      channelIds: null,
      lastUsedAt: null,
      createdAt: anyText,
      expiresAt: null,
      revokedAt: null,
      key: textLike(/^\S{40,}$/),
    });
    const { text, body } = await service.call('/v1/api-keys');
    expect(body['data'].map(({ id }: { id: string }) => id)).toContain(made['id']);
    expect(text).not.toContain(made['key']);
  });

  const operations = (id: () => string, messageId: () => string, conversationId: () => string): [string, string, string, () => string, unknown][] => [
    ['channels:read', 'list channels', 'GET', () => '/v1/channels', undefined],
    ['channels:read', 'read a channel', 'GET', () => `/v1/channels/${id()}`, undefined],
    ['channels:write', 'create a channel', 'POST', () => '/v1/channels', NAJM_CHANNEL],
    ['channels:write', 'change a channel', 'PATCH', () => `/v1/channels/${id()}`, { name: 'Mine now' }],
    ['channels:write', 'connect a channel', 'POST', () => `/v1/channels/${id()}/connect`, { takeOver: true }],
    ['channels:write', 'disconnect a channel', 'POST', () => `/v1/channels/${id()}/disconnect`, undefined],
    ['channels:write', 'delete a channel', 'DELETE', () => `/v1/channels/${id()}`, undefined],
    ['messages:send', 'send', 'POST', () => '/v1/messages', textTo('not mine')],
    ['messages:read', 'list messages', 'GET', () => '/v1/messages', undefined],
    ['messages:read', 'read a message', 'GET', () => `/v1/messages/${messageId()}`, undefined],
    ['messages:read', 'list conversations', 'GET', () => '/v1/conversations', undefined],
    ['messages:read', 'read a conversation', 'GET', () => `/v1/conversations/${conversationId()}`, undefined],
    ['messages:read', 'list a conversation’s messages', 'GET', () => `/v1/conversations/${conversationId()}/messages`, undefined],
    ['messages:send', 'show typing in a conversation', 'POST', () => `/v1/conversations/${conversationId()}/typing`, undefined],
    ['messages:send', 'mark as read a conversation', 'POST', () => `/v1/conversations/${conversationId()}/read`, undefined],
    ['admin', 'make a key', 'POST', () => '/v1/api-keys', { team: 'default', scopes: SCOPES }],
    ['admin', 'list keys', 'GET', () => '/v1/api-keys', undefined],
  ];
  const ours = operations(
    () => channel['id'],
    () => message['id'],
    () => message['conversationId'],
  );

  it.each(ours)('needs %s to %s: every other scope together is not enough', async (scope, _what, method, path, body) => {
    const { key } = await makeKey('default', SCOPES.filter((other) => other !== scope));
    const answer = await service.call(path(), { method, key, ...(body === undefined ? {} : { body }) });
    expect([answer.status, answer.body['code']]).toEqual([403, 'access.scope-missing']);
    expect(answer.body['detail']).toContain(scope);
  });

  const none = ['chn', 'msg', 'cnv'].map((prefix) => `${prefix}_00000000000000000000000000`);
  const missing = operations(
    () => none[0] ?? '',
    () => none[1] ?? '',
    () => none[2] ?? '',
  );
  const aboutOne = ours.map((operation, index) => ({ operation, twin: missing[index] })).filter(({ operation }) => operation[1].match(/ a (channel|message|conversation)/) && operation[1] !== 'create a channel');

  it.each(aboutOne.map(({ operation, twin }) => [operation[1], operation, twin] as const))(
    'answers another team that would %s what it answers for one that does not exist',
    async (_what, [, , method, path, body], twin) => {
      const { key } = await makeKey('rival', SCOPES);
      const call = { method, key, headers: { 'x-request-id': 'same' }, ...(body === undefined ? {} : { body }) };
      const foreign = await service.call(path(), call);
      const unknown = await service.call(twin?.[3]() ?? '', call);
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, instance: '' }).toEqual({ ...unknown.body, instance: '' });
      expect([...foreign.headers.keys()].sort()).toEqual([...unknown.headers.keys()].sort());
    },
  );

  it('shows another team nothing of ours and sends nothing for it', async () => {
    const { key } = await makeKey('rival', SCOPES);
    for (const path of ['/v1/channels', '/v1/messages', '/v1/conversations', `/v1/messages?channelId=${channel['id']}`]) {
      expect((await service.call(path, { key })).body['data']).toEqual([]);
    }
    const sent = await service.call('/v1/messages', { key, body: textTo('not mine') });
    expect([sent.status, sent.body['code']]).toEqual([404, 'channel.not-found']);
    expect((await service.call(`/v1/channels/${channel['id']}`)).body).toEqual(channel);
    expect(both.sandbox.ledger.sends).toEqual([]);
  });

  it('refuses a revoked key from the next request on', async () => {
    const { id, key } = await makeKey('support', ['messages:read']);
    expect((await service.call('/v1/messages', { key })).status).toBe(200);
    expect((await service.call(`/v1/api-keys/${id}`, { method: 'DELETE' })).status).toBe(204);
    const { status, body } = await service.call('/v1/messages', { key });
    expect([status, body['code']]).toEqual([401, 'access.unauthenticated']);
    expect((await service.call(`/v1/api-keys/${id}`, { method: 'DELETE' })).body['code']).toBe('access.key-not-found');
  });

  it('refuses a key from the instant on at which it expires', async () => {
    const { key } = await makeKey('support', ['messages:read'], { expiresAt: new Date(clock.now() + HOUR_MS).toISOString() });
    clock.advance(HOUR_MS - 1);
    expect((await service.call('/v1/messages', { key })).status).toBe(200);
    clock.advance(1);
    expect((await service.call('/v1/messages', { key })).status).toBe(401);
  });

  it.each([
    ['/expiresAt', { expiresAt: new Date(Date.now() - DAY_MS).toISOString() }],
    ['/expiresAt', { expiresAt: 'tomorrow' }],
    ['/scopes', { scopes: [] }],
    ['/scopes/0', { scopes: ['everything'] }],
    ['/team', { team: 'No Team' }],
    ['/owner', { owner: 'me' }],
  ])('makes no key with a wrong %s', async (pointer, change) => {
    const { status, body } = await service.call('/v1/api-keys', { body: { team: 'support', scopes: ['admin'], ...change } });
    expect([status, body['errors']?.[0]?.pointer]).toEqual([400, pointer]);
  });

  it.each([
    ['its last character changed', (key: string) => `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`],
    ['its middle changed', (key: string) => key.replace(/_([0-9a-f])([0-9a-f]{10})/, (_all, first: string, rest: string) => `_${first === '0' ? '1' : '0'}${rest}`)],
    ['a character less', (key: string) => key.slice(0, -1)],
    ['capitals', (key: string) => key.toUpperCase()],
    ['another behind it', (key: string) => `${key}, ${key}`],
  ])('refuses a key with %s', async (_what, change) => {
    const { key } = await makeKey('support', ['messages:read']);
    expect((await service.call('/v1/messages', { key: change(key) })).status).toBe(401);
  });

  it('needs no key for X’s webhook, for health and for the documentation', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs']) {
      expect([path, (await service.call(path, { key: null })).status]).toEqual([path, 200]);
    }
  });
});
