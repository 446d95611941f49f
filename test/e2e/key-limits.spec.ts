import { ManualClock } from '../support/manual-clock.js';
import { MINUTE_MS } from '../../src/kernel/duration.js';
import { FIBRE, NAJM, RANIA } from './cast.js';
import { type Both, connectFibre, connectNajm, hear, type Service, startBoth, startService, textTo } from './service.js';

const SCOPES = ['channels:read', 'channels:write', 'messages:send', 'messages:read', 'callbacks:read', 'callbacks:write'];

describe('A key that is limited to channels', () => {
  let both: Both;
  let service: Service;
  let [najm, fibre, key] = ['', '', ''];

  beforeAll(async () => {
    both = await startBoth({ env: { TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1' } });
    service = both.service;
    najm = (await connectNajm(service))['id'];
    fibre = (await connectFibre(service))['id'];
    const { status, body } = await service.call('/v1/api-keys', { body: { team: 'default', scopes: SCOPES, channelIds: [najm] } });
    expect([status, body['channelIds']]).toEqual([201, [najm]]);
    key = body['key'];
    await hear(both, RANIA.id);
    const { eventId } = await both.sandbox.conversations.write(RANIA.id, 'participant', { to: FIBRE.id, text: 'To the other' });
    expect(eventId).toBeTruthy();
    await service.call('/v1/callbacks', { body: { url: 'http://127.0.0.1:9/all', events: ['*'] } });
    await service.call('/v1/callbacks', { body: { url: 'http://127.0.0.1:9/fibre', events: ['*'], channelIds: [fibre] } });
  });
  afterAll(() => both.stop());

  const call = (path: string, options: object = {}) => service.call(path, { key, ...options });

  it('sees that channel and what is of it, and of nothing else that it is there', async () => {
    expect((await call('/v1/channels')).body['data'].map(({ id }) => id)).toEqual([najm]);
    for (const path of [`/v1/channels/${fibre}`, `/v1/channels/${fibre}/health`, `/v1/channels/${fibre}/limits`]) {
      const [foreign, missing] = [await call(path), await call(path.replace(fibre, 'chn_01m81mm3kzadxvtgak2mv71gjh'))];
      expect([foreign.status, foreign.body['detail']]).toEqual([404, missing.body['detail']]);
    }
    for (const list of ['/v1/messages', '/v1/conversations', '/v1/events', '/v1/deliveries']) {
      const own = (await call(`${list}?limit=100`)).body['data'];
      expect(own.filter(({ channelId }) => channelId !== najm)).toEqual([]);
    }
    const [message] = (await service.call(`/v1/messages?channelId=${fibre}`)).body['data'];
    const [event] = (await service.call(`/v1/events?channelId=${fibre}`)).body['data'];
    expect(message).toBeDefined();
    expect((await call(`/v1/messages/${message?.id}`)).status).toBe(404);
    expect((await call(`/v1/conversations/${message?.conversationId}`)).status).toBe(404);
    expect((await call(`/v1/events?after=${event?.id}`)).status).toBe(404);
    expect((await call(`/v1/events?channelId=${fibre}`)).body['data']).toEqual([]);
    expect((await call('/v1/callbacks')).body['data']).toEqual([]);
  });

  it('does only what concerns that channel', async () => {
    expect((await call('/v1/messages', { body: textTo('From the right one') })).status).toBe(202);
    expect((await call('/v1/messages', { body: { ...textTo('From the other'), from: FIBRE.id } })).body['code']).toBe('channel.not-found');
    expect((await call(`/v1/channels/${fibre}`, { method: 'PATCH', body: { name: 'Taken' } })).status).toBe(404);
    expect((await call(`/v1/participants/${fibre}/${RANIA.id}`, { method: 'DELETE' })).status).toBe(404);
    expect((await call('/v1/channels', { body: { name: 'New', ...NAJM.credentials, environmentName: 'prod' } })).body['code']).toBe('access.channel-limited');
    expect((await call('/v1/channels/authorizations', { body: { name: 'New', consumerKey: 'a', consumerSecret: 'b', environmentName: 'prod', eventsApi: 'account-activity-premium' } })).body['code']).toBe('access.channel-limited');
  });

  it('makes callbacks that are told of that channel alone', async () => {
    const url = 'http://127.0.0.1:9/mine';
    expect((await call('/v1/callbacks', { body: { url, events: ['*'], channelIds: [fibre] } })).body['code']).toBe('channel.not-found');
    const { body: made } = await call('/v1/callbacks', { body: { url, events: ['*'] } });
    expect(made['channelIds']).toEqual([najm]);
    expect((await call(`/v1/callbacks/${made['id']}`, { method: 'PATCH', body: { channelIds: null } })).body['channelIds']).toEqual([najm]);
    expect((await call('/v1/callbacks')).body['data'].map(({ id }) => id)).toEqual([made['id']]);
  });

  it('gets no answer that was kept for a key that sees more', async () => {
    const request = { body: { ...textTo('Kept'), from: FIBRE.id }, headers: { 'idempotency-key': 'one-and-the-same' } };
    expect((await service.call('/v1/messages', request)).status).toBe(202);
    expect((await call('/v1/messages', request)).body['code']).toBe('channel.not-found');
  });

  it('is made for the channels of its team, and not for who manages keys', async () => {
    expect((await service.call('/v1/api-keys', { body: { team: 'others', scopes: ['messages:read'], channelIds: [najm] } })).body).toMatchObject({ code: 'channel.not-found', errors: [{ pointer: '/channelIds/0' }] });
    expect((await service.call('/v1/api-keys', { body: { team: 'default', scopes: ['admin'], channelIds: [najm] } })).body['code']).toBe('access.admin-not-limited');
  });
});

describe('The use of a key', () => {
  it('is told to the minute, and survives a restart', async () => {
    const clock = new ManualClock(Date.now());
    const both = await startBoth({ clock });
    const { body: key } = await both.service.call('/v1/api-keys', { body: { team: 'default', scopes: ['messages:read'] } });
    const lastUsed = async (of: Service) => (await of.call('/v1/api-keys')).body['data'].find(({ id }) => id === key['id'])?.lastUsedAt;
    expect(await lastUsed(both.service)).toBeNull();
    clock.advance(5_000);
    await both.service.call('/v1/messages', { key: key['key'] });
    const usedAt = new Date(clock.now()).toISOString();
    expect(await lastUsed(both.service)).toBe(usedAt);
    await both.service.stop();
    const again = await startService({ databaseUrl: both.databaseUrl, sandboxUrl: both.sandbox.url, clock });
    expect(await lastUsed(again)).toBe(usedAt);
    await again.stop();
    await both.sandbox.close();
  });
});

describe('The rate of requests', () => {
  const clock = new ManualClock(Date.now());
  let both: Both;
  beforeAll(async () => {
    both = await startBoth({ clock, env: { TWITTER_CHANNEL__ACCESS__REQUESTS_PER_MINUTE: '60', TWITTER_CHANNEL__ACCESS__WRONG_KEYS_PER_MINUTE: '5' } });
  });
  afterAll(() => both.stop());
  const makeKey = async () => (await both.service.call('/v1/api-keys', { body: { team: 'default', scopes: ['messages:read', 'messages:send'] } })).body['key'];

  it('is limited for each key by itself, told in each answer, and comes back evenly', async () => {
    await connectNajm(both.service);
    const [one, other] = [await makeKey(), await makeKey()];
    const call = (key = one) => both.service.call('/v1/messages', { key });
    const first = await call();
    expect([first.headers.get('ratelimit-policy'), first.headers.get('ratelimit')]).toEqual(['"requests";q=60;w=60', '"requests";r=59;t=1']);
    const sent = await both.service.call('/v1/messages', { key: one, body: textTo('Hello') });
    expect(sent.headers.get('ratelimit-policy')).toMatch(/^"reply-window";q=5;w=86400, .*, "requests";q=60;w=60$/);
    expect(sent.headers.get('ratelimit')).toMatch(/^"reply-window";r=.*, "requests";r=58;t=2$/);
    for (let n = 0; n < 58; n += 1) expect((await call()).status).toBe(200);
    const refused = await call();
    expect([refused.status, refused.body['code'], refused.headers.get('retry-after')]).toEqual([429, 'access.too-many-requests', '1']);
    expect((await call(other)).status).toBe(200);
    clock.advance(1_000);
    expect([(await call()).status, (await call()).status]).toEqual([200, 429]);
    clock.advance(MINUTE_MS);
    expect((await call()).headers.get('ratelimit')).toBe('"requests";r=59;t=1');
  });

  it('is limited for wrong keys from one address, and a right one from there is let in', async () => {
    for (let n = 0; n < 5; n += 1) expect((await both.service.call('/v1/messages', { key: 'nonsense' })).status).toBe(401);
    const refused = await both.service.call('/v1/messages', { key: 'nonsense' });
    expect([refused.status, refused.body['code']]).toEqual([429, 'access.too-many-requests']);
    expect((await both.service.call('/v1/messages')).status).toBe(200);
    clock.advance(MINUTE_MS);
    expect((await both.service.call('/v1/messages', { key: 'nonsense' })).status).toBe(401);
  });
});
