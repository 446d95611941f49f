import { SubscriptionCheckJob } from '../../src/channels/connection/subscription-check.job.js';
import { startWebhookReceiver } from '../../src/sandbox/testing/webhook-receiver.service.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, anyText, having, textWith } from './answers.js';
import { NAJM, NAJM_APP_ID, RANIA } from './cast.js';
import { type Both, connectNajm, fault, hear, NAJM_CHANNEL, type Service, startBoth } from './service.js';
import { challenge } from './x-webhook.js';

const NAMES = ['credentials', 'direct-message-permission', 'credits', 'environment', 'webhook-registered', 'webhook-valid', 'subscription', 'public-url', 'event-flow', 'open-direct-messages'];

describe('A channel’s health', () => {
  let clock: ManualClock;
  let both: Both;
  let service: Service;

  beforeEach(async () => {
    clock = new ManualClock();
    both = await startBoth({ clock });
    service = both.service;
  });
  afterEach(() => both.stop());

  const health = async (id: string) => (await service.call(`/v1/channels/${id}/health`)).body;
  const check = async (id: string) => (await service.call(`/v1/channels/${id}/checks`, { method: 'POST' })).body;
  const failed = (body: AnswerBody) => body['checks'].filter(({ ok }) => !ok).map(({ name }) => name);
  const named = (body: AnswerBody, name: string) => body['checks'].find((one) => one.name === name);

  it('is told in full once it is connected: ten checks, all well', async () => {
    const { id } = await connectNajm(service);
    const body = await health(id);
    expect(body['status']).toBe('connected');
    expect(body['checks'].map(({ name }) => name)).toEqual(NAMES);
    for (const one of body['checks']) {
      expect(one).toEqual({ name: one.name, ok: true, checkedAt: new Date(clock.now()).toISOString(), detail: anyText, remedy: null });
    }
    expect(named(body, 'public-url')?.detail).toMatch(/answered a challenge in \d+ ms/);
    expect(named(body, 'subscription')?.detail).toContain('The app uses 1 of 15 subscriptions. X does not repeat deliveries in this tier (sandbox)');
    expect(body).toMatchObject({ lastEventAt: null, lastCheckAt: new Date(clock.now()).toISOString(), nextCheckAt: '2026-01-15T12:05:00.000Z' });
  });

  it('tells before that what was tried when the channel was made, and of the rest how to check it', async () => {
    const { id } = (await service.call('/v1/channels', { body: NAJM_CHANNEL })).body;
    const body = await health(id);
    expect(body).toMatchObject({ status: 'pending', lastCheckAt: null, nextCheckAt: null, lastCrcAt: null });
    expect(failed(body)).toEqual(NAMES.slice(3));
    expect(named(body, 'subscription')).toEqual({ name: 'subscription', ok: false, checkedAt: null, detail: 'Not checked yet.', remedy: anyText });
  });

  it('tells when X last told of something and last challenged the webhook; our own challenges do not count', async () => {
    const channel = await connectNajm(service);
    await hear(both, RANIA.id);
    const crcAt = await eventually(async () => (await health(channel['id']))['lastCrcAt'], 'X’s challenge is noted');
    expect(crcAt).toBe(new Date(clock.now()).toISOString());
    expect((await health(channel['id']))['lastEventAt']).toBe(crcAt);
    clock.advance(60_000);
    await check(channel['id']);
    expect((await health(channel['id']))['lastCrcAt']).toBe(crcAt);
  });

  it('is checked at once when a person asks, and repaired where that is possible', async () => {
    const { id } = await connectNajm(service);
    both.sandbox.webhooks.invalidate(both.sandbox.overview.webhooks()[0]?.id ?? '');
    both.sandbox.webhooks.unsubscribe(NAJM.id);
    const body = await check(id);
    expect([body['status'], failed(body)]).toEqual(['connected', []]);
    expect(both.sandbox.overview.webhooks()).toEqual([having({ isValid: true })]);
    expect(both.sandbox.overview.state().subscriptions).toEqual([{ appId: NAJM_APP_ID, environment: 'prod', accountId: NAJM.id }]);
  });

  it.each(['pending', 'disconnected'])('only looks at a channel that is %s', async (status) => {
    const { id } = status === 'pending' ? (await service.call('/v1/channels', { body: NAJM_CHANNEL })).body : await connectNajm(service);
    await (status === 'pending' ? undefined : service.call(`/v1/channels/${id}/disconnect`, { method: 'POST' }));
    both.sandbox.ledger.clear();
    const body = await check(id);
    expect(body['status']).toBe(status);
    expect(failed(body)).toContain('subscription');
    expect(named(body, 'subscription')?.remedy).toContain(status === 'pending' ? 'connect' : 'Connect');
    expect(both.sandbox.ledger.requests.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/oauth2'))).toEqual([]);
  });

  it.each<[string, (both: Both) => unknown, string[], RegExp]>([
    ['the account withdrew access', ({ sandbox }) => fault(sandbox, { route: 'verify', kind: 'status', status: 401, code: 89, times: null }), ['credentials', 'direct-message-permission', 'environment', 'webhook-registered', 'webhook-valid', 'subscription'], /Keys and tokens/],
    ['the account is locked', ({ sandbox }) => fault(sandbox, { route: 'verify', kind: 'status', status: 403, code: 326, times: null }), ['credentials', 'direct-message-permission', 'environment', 'webhook-registered', 'webhook-valid', 'subscription'], /unlock it/],
    ['the tokens may only read and write', ({ sandbox }) => sandbox.people.patchAccount(NAJM.id, { accessLevel: 'read-write' }), ['direct-message-permission'], /“Read, write and Direct Messages”/],
    ['the environment is gone', ({ sandbox }) => sandbox.people.patchApp(NAJM_APP_ID, { environments: ['other', 'Prod'] }), ['environment', 'webhook-registered', 'webhook-valid', 'subscription'], /“Prod”/],
    ['only some may write to the account', ({ sandbox }) => sandbox.people.patchAccount(NAJM.id, { receivesFrom: 'followed' }), ['open-direct-messages'], /allow message requests from everyone/],
    ['X is away', ({ sandbox }) => fault(sandbox, { route: 'any', kind: 'status', status: 503, times: null }), ['credentials'], /Trying again is safe/],
    ['Account Activity is not included', ({ sandbox }) => fault(sandbox, { route: 'webhooks', kind: 'status', status: 403, code: 453, times: null }), ['webhook-registered'], /“Products”/],
  ])('names what fails and what to do at X: %s', async (_what, breakIt, names, remedy) => {
    const { id } = await connectNajm(service);
    await breakIt(both);
    const body = await check(id);
    expect(failed(body)).toEqual(names);
    expect(named(body, names[0] ?? '')?.remedy).toMatch(remedy);
    const channel = (await service.call(`/v1/channels/${id}`)).body;
    expect(channel['status']).toBe(names[0] === 'open-direct-messages' ? 'connected' : /access|locked/.test(_what) ? 'revoked' : 'degraded');
  });

  it('does not say that somebody may write who X does not tell about', async () => {
    const { id } = await connectNajm(service);
    fault(both.sandbox, { route: 'settings', kind: 'status', status: 403, code: 453, times: null });
    expect(named(await check(id), 'open-direct-messages')).toMatchObject({ ok: true, detail: textWith('does not tell') });
  });

  it('does not take our own challenges for X’s', async () => {
    const { id } = (await service.call('/v1/channels', { body: NAJM_CHANNEL })).body;
    expect(named(await check(id), 'public-url')).toMatchObject({ ok: true });
    // Noted aside: what would come has come with the next answer of the database.
    expect((await health(id))['lastCrcAt']).toBeNull();
    await service.call(`/v1/channels/${id}/connect`, { method: 'POST' });
    await eventually(async () => expect((await health(id))['lastCrcAt']).not.toBeNull(), 'X’s own is noted');
  });

  it('asks X for the account’s settings once an hour, and when a person asks', async () => {
    const { id } = await connectNajm(service);
    const asked = () => both.sandbox.ledger.requests.filter(({ path }) => path.endsWith('/account/settings.json')).length;
    const job = service.app.get(SubscriptionCheckJob);
    await job.run();
    await job.run();
    expect(asked()).toBe(1);
    clock.advance(3_600_000);
    await job.run();
    expect(asked()).toBe(2);
    await check(id);
    expect(asked()).toBe(3);
  });

  it('asks X nothing when it is only read', async () => {
    const { id } = await connectNajm(service);
    both.sandbox.ledger.clear();
    await health(id);
    expect(both.sandbox.ledger.requests).toEqual([]);
  });

  it('is nobody’s but the team’s', async () => {
    const { id } = await connectNajm(service);
    const { key } = (await service.call('/v1/api-keys', { body: { team: 'others', scopes: ['channels:read', 'channels:write'] } })).body as { key: string };
    for (const [path, method] of [['health', 'GET'], ['checks', 'POST']] as const) {
      const missing = await service.call(`/v1/channels/chn_none/${path}`, { method, key });
      const theirs = await service.call(`/v1/channels/${id}/${path}`, { method, key });
      expect([theirs.status, theirs.body['code']]).toEqual([404, 'channel.not-found']);
      expect(theirs.body['detail']).toBe(missing.body['detail']);
    }
  });
});

describe('The public address, called as X calls it', () => {
  it.each([
    ['status-500', /answered 500 to a challenge/],
    ['redirect', /redirects \(302 to .*X does not follow/],
    ['closed', /could not be reached from here/],
    ['wrong-secret', /answered 200, but not as this service does/],
    ['slow', /did not answer within 3 seconds/],
  ] as const)('is told to be wrong when it is %s, with what to set', async (behaviour, detail) => {
    const front = await startWebhookReceiver(NAJM.credentials.consumerSecret);
    const both = await startBoth({ env: { PUBLIC_URL: new URL(front.url).origin } });
    try {
      const { id } = (await both.service.call('/v1/channels', { body: NAJM_CHANNEL })).body;
      front.behave(behaviour);
      const { body } = await both.service.call(`/v1/channels/${id}/checks`, { method: 'POST' });
      expect(body['checks'].find(({ name }) => name === 'public-url')).toMatchObject({ ok: false, detail: expect.stringMatching(detail) as string, remedy: textWith('PUBLIC_URL') });
    } finally {
      await both.stop();
      await front.close();
    }
  });

  it('answers challenges of its own and of X alike', async () => {
    const both = await startBoth();
    try {
      const channel = await connectNajm(both.service);
      expect((await challenge(both.service, channel, 'crc_token=own-check-0123456789')).status).toBe(200);
    } finally {
      await both.stop();
    }
  });
});
