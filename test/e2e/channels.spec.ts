import { anyText, having, textLike, textWith } from './answers.js';
import { FIBRE, NAJM, NEWS } from './cast.js';
import { type Both, fault, FIBRE_CHANNEL, messageIn, NAJM_CHANNEL, type Service, startBoth, textTo } from './service.js';

const SECRETS = Object.values(NAJM.credentials);
describe('Channels over REST', () => {
  let both: Both;
  let service: Service;

  const create = (body: unknown = NAJM_CHANNEL) => service.call('/v1/channels', { body });
  const list = async () => (await service.call('/v1/channels')).body['data'];

  beforeAll(async () => {
    both = await startBoth();
    service = both.service;
  });
  afterEach(async () => {
    both.sandbox.faults.remove();
    for (const { id } of await list()) await service.call(`/v1/channels/${id}`, { method: 'DELETE' });
  });
  afterAll(() => both.stop());

  it('creates one, says where it is, and answers exactly the fields of the contract with no secret among them', async () => {
    const { status, headers, text, body } = await create();

    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/channels/${body['id']}`);
    const time = textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(body).toEqual({
      id: textLike(/^chn_[0-9a-z]{26}$/),
      name: 'Najm support',
      account: { id: NAJM.id, username: 'NajmTelecomCare', name: 'Najm Telecom Care' },
      eventsApi: 'account-activity-premium',
      messagesApi: 'v1.1',
      environmentName: 'prod',
      status: 'pending',
      statusDetail: null,
      webhookUrl: textWith(`${service.url}/`),
      policy: { beyondAllotment: 'count' },
      secrets: {
        consumerKey: { updatedAt: time },
        consumerSecret: { updatedAt: time },
        accessToken: { updatedAt: time },
        accessTokenSecret: { updatedAt: time },
      },
      declaredInConfig: false,
      createdAt: time,
      updatedAt: time,
    });
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
    const read = await service.call(`/v1/channels/${body['id']}`);
    expect(read.body).toEqual(body);
    expect(await list()).toEqual([body]);
  });

  it.each([
    ['consumerKey', 'wrongKey', 401, 32],
    ['consumerSecret', 'wrong-secret', 401, 32],
    ['accessToken', '1488203456789012345-wrong', 401, 89],
    ['accessTokenSecret', 'wrong-secret', 401, 32],
  ])('tries the credentials on X first: a wrong %s is refused with X’s own word, and nothing is stored', async (name, value, xStatus, xCode) => {
    const { status, text, body } = await create({ ...NAJM_CHANNEL, [name]: value });

    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'channel.credentials-rejected', x: { status: xStatus, code: xCode, detail: anyText } });
    expect([...SECRETS, value].filter((secret) => text.includes(secret))).toEqual([]);
    expect(await list()).toEqual([]);
  });

  it('refuses tokens without permission for direct messages and stores nothing', async () => {
    const { status, body } = await create({ name: 'News', ...NEWS.credentials, environmentName: 'prod' });
    expect([status, body['code']]).toEqual([422, 'channel.direct-messages-not-permitted']);
    expect(body['detail']).toContain('Read, write and Direct Messages');
    expect(await list()).toEqual([]);
  });

  it.each([
    ['answers 503', { kind: 'status', status: 503 } as const],
    ['answers 500', { kind: 'status', status: 500, code: 131 } as const],
    ['resets the connection', { kind: 'reset-before' } as const],
    ['shows an HTML error page', { kind: 'html-error' } as const],
    ['cuts its answer in half', { kind: 'truncated-json' } as const],
  ])('answers 503 x.unavailable and stores nothing when X %s', async (_what, settings) => {
    fault(both.sandbox, { route: 'verify', ...settings });
    const { status, body } = await create();
    expect([status, body['code']]).toEqual([503, 'x.unavailable']);
    expect(body['x']).toMatchObject({ detail: anyText });
    expect(await list()).toEqual([]);
    expect((await create()).status).toBe(201);
  });

  it('says that X’s rate limit is used up, with the wait, and stores nothing', async () => {
    fault(both.sandbox, { route: 'verify', kind: '429' });
    const { status, body, headers } = await create();
    expect([status, body['code'], body['x'].code]).toEqual([503, 'x.rate-limited', 88]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await list()).toEqual([]);
  });

  it('refuses an account that is a channel already', async () => {
    await create();
    const { status, body } = await create({ ...NAJM_CHANNEL, name: 'Again' });
    expect([status, body['code']]).toEqual([409, 'channel.account-taken']);
    expect(body['detail']).toContain(NAJM.id);
    expect(await list()).toHaveLength(1);
  });

  it.each([
    ['a missing secret', { consumerSecret: undefined }, '/consumerSecret', 'request.invalid'],
    ['an unknown field', { webhookUrl: 'https://example.com' }, '/webhookUrl', 'request.invalid'],
    ['an environment label that cannot be one', { environmentName: 'no such label' }, '/environmentName', 'request.invalid'],
    ['an unknown policy', { policy: { beyondAllotment: 'maybe' } }, '/policy/beyondAllotment', 'request.invalid'],
    ['a name that is blank', { name: '  ' }, '/name', 'request.invalid'],
    ['a name with NUL', { name: 'Najm\u0000' }, '/name', 'request.invalid'],
    ['a generation that is not there yet', { eventsApi: 'x-activity' }, '/eventsApi', 'request.invalid'],
  ])('refuses %s with a pointer to it and never asks X', async (_what, change, pointer, code) => {
    both.sandbox.ledger.clear();
    const { status, body } = await create({ ...NAJM_CHANNEL, ...change });
    expect([status, body['code']]).toEqual([400, code]);
    expect(body['errors']).toEqual([having({ pointer, code: anyText, detail: anyText })]);
    expect(both.sandbox.ledger.requests).toEqual([]);
  });

  it('lists page by page, newest first', async () => {
    const first = (await create()).body;
    const second = (await create(FIBRE_CHANNEL)).body;
    const newest = await service.call('/v1/channels?limit=1');
    expect(newest.body['data']).toEqual([second]);
    const next = await service.call(`/v1/channels?limit=1&cursor=${newest.body['page'].next}`);
    expect(next.body).toEqual({ data: [first], page: { next: null } });
  });

  it('changes name, policy and pause, and keeps what is not named', async () => {
    const channel = (await create()).body;
    const patched = await service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body: { name: 'Care', policy: { beyondAllotment: 'hold' } } });
    expect(patched.status).toBe(200);
    expect(patched.body).toEqual({ ...channel, name: 'Care', policy: { beyondAllotment: 'hold' }, updatedAt: anyText });

    const paused = await service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body: { paused: true } });
    expect(paused.body).toMatchObject({ status: 'paused', name: 'Care' });
    const resumed = await service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body: { paused: false } });
    expect(resumed.body['status']).toBe('pending');
  });

  it.each([
    ['nothing', {}],
    ['an id', { id: 'chn_1' }],
    ['an environment that is no label', { environmentName: 'a label' }],
    ['a way of events that X does not have', { eventsApi: 'account-activity-v9' }],
  ])('refuses a change of %s', async (_what, body) => {
    const channel = (await create()).body;
    const answer = await service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body });
    expect([answer.status, answer.body['code']]).toEqual([400, 'request.invalid']);
  });

  it('tries new credentials on X first: those of another account and wrong ones change nothing', async () => {
    const channel = (await create()).body;
    const patch = (body: unknown) => service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body });

    const { accessToken, accessTokenSecret } = FIBRE.credentials;
    const other = await patch({ accessToken, accessTokenSecret, name: 'Taken over' });
    expect([other.status, other.body['code']]).toEqual([422, 'channel.different-account']);
    const wrong = await patch({ accessTokenSecret: 'wrong', name: 'Broken' });
    expect([wrong.status, wrong.body['code'], wrong.body['x']]).toEqual([422, 'channel.credentials-rejected', { status: 401, code: 32, detail: 'Could not authenticate you.' }]);

    expect((await service.call(`/v1/channels/${channel['id']}`)).body).toEqual(channel);
    expect((await service.call(`/v1/channels/${channel['id']}/connect`, { method: 'POST' })).status).toBe(200);
  });

  it('moves one to another app, and knows X’s echoes of what it sends from there', async () => {
    const channel = (await create()).body;
    await service.call(`/v1/channels/${channel['id']}/connect`, { method: 'POST' });
    const app = both.sandbox.people.addApp({ name: 'Najm Desk', consumerKey: 'deskKey', consumerSecret: 'desk-secret', environments: ['prod'] });
    const { token, tokenSecret } = both.sandbox.people.authorize(NAJM.id, { appId: app.id });
    const body = { consumerKey: 'deskKey', consumerSecret: 'desk-secret', accessToken: token, accessTokenSecret: tokenSecret };
    const moved = await service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body });
    expect(moved.body).toMatchObject({ status: 'connected', account: { id: NAJM.id } });
    expect(moved.body['webhookUrl']).not.toBe(channel['webhookUrl']);
    // X takes it and answers 500: only its echo can tell.
    fault(both.sandbox, { route: 'send', kind: 'accept-then-500' });
    const accepted = await service.call('/v1/messages', { body: textTo('from the new app') });
    expect((await messageIn(service, accepted.body['id'], 'sent'))['xMessageId']).toEqual(anyText);
  });

  it('deletes one, answers 404 from then on, and takes the account again', async () => {
    const channel = (await create()).body;
    expect((await service.call(`/v1/channels/${channel['id']}`, { method: 'DELETE' })).status).toBe(204);
    for (const method of ['GET', 'DELETE']) {
      const gone = await service.call(`/v1/channels/${channel['id']}`, { method });
      expect([gone.status, gone.body['code']]).toEqual([404, 'channel.not-found']);
    }
    expect((await create()).status).toBe(201);
  });

  it('keeps the messages of a deleted one readable, with the account that they were sent from', async () => {
    const channel = (await create()).body;
    const { body } = await service.call('/v1/messages', { body: textTo('before the end') });
    await messageIn(service, body['id'], 'sent');
    await service.call(`/v1/channels/${channel['id']}`, { method: 'DELETE' });
    const left = await service.call(`/v1/messages/${body['id']}`);
    expect(left.body).toMatchObject({ status: 'sent', channelId: channel['id'], from: { number: NAJM.id, name: null } });
  });
});

describe('Channels while X is away', () => {
  it('are not created: 503 x.unavailable and nothing is stored', async () => {
    const both = await startBoth();
    try {
      await both.sandbox.close();
      const { status, body } = await both.service.call('/v1/channels', { body: NAJM_CHANNEL });
      expect([status, body['code']]).toEqual([503, 'x.unavailable']);
      expect((await both.service.call('/v1/channels')).body['data']).toEqual([]);
    } finally {
      await both.stop();
    }
  });
});
