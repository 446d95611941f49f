import { startWebhookReceiver, type WebhookReceiver } from '../../src/sandbox/testing/webhook-receiver.service.js';
import { seedKeys, XCaller } from '../../src/sandbox/testing/x-caller.service.js';
import { eventually } from '../support/eventually.js';
import { type AnswerBody, anyText, having } from './answers.js';
import { NAJM, NAJM_APP_ID, RANIA } from './cast.js';
import { type Both, connectFibre, connectNajm, NAJM_CHANNEL, type Service, startBoth } from './service.js';
import { challenge } from './x-webhook.js';

describe('Connecting a channel', () => {
  let both: Both;
  let service: Service;
  let channel: AnswerBody;

  const connect = (body?: unknown) => service.call(`/v1/channels/${channel['id']}/connect`, { method: 'POST', body });
  const webhooks = () => both.sandbox.overview.webhooks();
  const subscriptions = () => both.sandbox.overview.state().subscriptions;
  const requests = (method: string, ending: string) =>
    both.sandbox.ledger.requests.filter((request) => request.method === method && request.path.endsWith(ending));

  beforeEach(async () => {
    both = await startBoth();
    service = both.service;
    channel = (await service.call('/v1/channels', { body: NAJM_CHANNEL })).body;
  });
  afterEach(() => both.stop());

  it('registers the webhook, passes X’s challenge, subscribes the account, and repeating it is harmless', async () => {
    const { status, body } = await connect({ takeOver: false });
    expect([status, body['status']]).toEqual([200, 'connected']);
    expect(webhooks()).toEqual([having({ url: channel['webhookUrl'], environment: 'prod', isValid: true })]);
    expect(subscriptions()).toEqual([{ appId: NAJM_APP_ID, environment: 'prod', accountId: NAJM.id }]);

    const before = webhooks().map(({ id }) => id);
    expect((await connect()).body['status']).toBe('connected');
    expect(webhooks().map(({ id }) => id)).toEqual(before);
    expect(subscriptions()).toHaveLength(1);
    expect(requests('POST', '/webhooks.json')).toHaveLength(1);
  });

  it('connects once, however many ask at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => connect()));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(requests('POST', '/webhooks.json')).toHaveLength(1);
    expect(subscriptions()).toHaveLength(1);
  });

  it('adopts a webhook that has our address already', async () => {
    const x = new XCaller(both.sandbox.url, seedKeys(NAJM.id));
    const registered = await x.call('POST', '/1.1/account_activity/all/prod/webhooks.json', { form: { url: channel['webhookUrl'] } });
    expect(registered.status).toBe(200);
    both.sandbox.ledger.clear();

    expect((await connect()).body['status']).toBe('connected');
    expect(requests('POST', '/webhooks.json')).toEqual([]);
    expect(requests('DELETE', '.json')).toEqual([]);
    expect(subscriptions()).toHaveLength(1);
  });

  it('makes a webhook that X holds invalid valid again', async () => {
    await connect();
    const [webhook] = webhooks();
    both.sandbox.webhooks.invalidate(webhook?.id ?? '');
    expect((await connect()).status).toBe(200);
    expect(webhooks()).toEqual([having({ id: webhook?.id, isValid: true })]);
  });

  it('subscribes again what X has lost', async () => {
    await connect();
    both.sandbox.webhooks.unsubscribe(NAJM.id);
    await connect();
    expect(subscriptions()).toHaveLength(1);
  });

  it('leaves a foreign webhook alone and names it, unless told to take over', async () => {
    const foreign = await startWebhookReceiver(NAJM.credentials.consumerSecret);
    try {
      const x = new XCaller(both.sandbox.url, seedKeys(NAJM.id));
      await x.call('POST', '/1.1/account_activity/all/prod/webhooks.json', { form: { url: foreign.url } });

      for (const body of [undefined, {}, { takeOver: false }]) {
        const { status, body: problem, text } = await connect(body);
        expect([status, problem['code']]).toEqual([409, 'channel.webhook-occupied']);
        expect(text).toContain(foreign.url);
      }
      expect(webhooks().map(({ url }) => url)).toEqual([foreign.url]);
      expect((await service.call(`/v1/channels/${channel['id']}`)).body['status']).toBe('pending');

      expect((await connect({ takeOver: true })).status).toBe(200);
      expect(webhooks().map(({ url }) => url)).toEqual([channel['webhookUrl']]);
      expect(subscriptions()).toHaveLength(1);
    } finally {
      await foreign.close();
    }
  });

  it.each(['Prod', 'production'])('tells that X has no environment “%s”, with X’s own code', async (environmentName) => {
    await service.call(`/v1/channels/${channel['id']}`, { method: 'DELETE' });
    channel = (await service.call('/v1/channels', { body: { ...NAJM_CHANNEL, environmentName } })).body;
    const { status, body } = await connect();
    expect([status, body['code'], body['x'].code]).toEqual([422, 'channel.environment-not-found', 34]);
    expect(body['detail']).toContain(environmentName);
    expect(webhooks()).toEqual([]);
  });

  it('refuses fields that it does not know', async () => {
    expect((await connect({ force: true })).body['code']).toBe('request.invalid');
    expect((await connect([])).body['code']).toBe('request.invalid');
  });

  it('tells when X does not let the app subscribe the account, with X’s own code', async () => {
    both.sandbox.people.patchAccount(NAJM.id, { accessLevel: 'read' });
    const { status, body } = await connect();
    expect([status, body['code'], body['x'].code]).toEqual([422, 'channel.subscription-not-permitted', 348]);
  });

  it('disconnects: X sends nothing more, and the channel connects again', async () => {
    await connect();
    const { status, body } = await service.call(`/v1/channels/${channel['id']}/disconnect`, { method: 'POST' });
    expect([status, body['status']]).toEqual([200, 'disconnected']);
    expect(subscriptions()).toEqual([]);
    expect((await both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'anyone?' })).delivery).toBeNull();

    expect((await service.call(`/v1/channels/${channel['id']}/disconnect`, { method: 'POST' })).status).toBe(200);
    expect((await connect()).body['status']).toBe('connected');
  });

  it('ends the subscription at X before a channel is deleted', async () => {
    await connect();
    expect((await service.call(`/v1/channels/${channel['id']}`, { method: 'DELETE' })).status).toBe(204);
    expect(subscriptions()).toEqual([]);
    expect((await challenge(service, channel, 'crc_token=0123456789abcdef')).status).toBe(404);
  });

  it('keeps a channel that X is not there to disconnect', async () => {
    await connect();
    await both.sandbox.close();
    const { status, body } = await service.call(`/v1/channels/${channel['id']}`, { method: 'DELETE' });
    expect([status, body['code']]).toEqual([503, 'x.unavailable']);
    expect((await service.call(`/v1/channels/${channel['id']}`)).status).toBe(200);
  });

  it('is revoked once the account withdraws the app’s access, and connected again with new tokens', async () => {
    await connect();
    await both.sandbox.people.revoke(NAJM.id);
    await eventually(async () => expect((await service.call(`/v1/channels/${channel['id']}`)).body['status']).toBe('revoked'), 'revoked');
    expect((await connect()).body).toMatchObject({ code: 'channel.credentials-rejected', x: { code: 89 } });

    const { token, tokenSecret } = both.sandbox.people.authorize(NAJM.id, {});
    const patched = await service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body: { accessToken: token, accessTokenSecret: tokenSecret } });
    expect([patched.status, patched.body['status']]).toEqual([200, 'connected']);
    expect(subscriptions()).toHaveLength(1);
  });
});

describe('Connecting when X cannot use our address', () => {
  let front: WebhookReceiver;
  let both: Both;
  let id: string;

  beforeAll(async () => {
    front = await startWebhookReceiver(NAJM.credentials.consumerSecret);
    both = await startBoth({ env: { PUBLIC_URL: new URL(front.url).origin } });
    id = (await both.service.call('/v1/channels', { body: NAJM_CHANNEL })).body['id'];
  });
  afterAll(async () => {
    await both.stop();
    await front.close();
  });

  it.each([
    ['slow', 'channel.webhook-too-slow'],
    ['status-500', 'channel.webhook-unreachable'],
    ['redirect', 'channel.webhook-unreachable'],
    ['closed', 'channel.webhook-unreachable'],
    ['wrong-secret', 'channel.webhook-crc-rejected'],
    ['not-json', 'channel.webhook-crc-rejected'],
  ] as const)('tells what is wrong with an address that answers X %s: %s', async (behaviour, code) => {
    front.behave(behaviour);
    const { status, body } = await both.service.call(`/v1/channels/${id}/connect`, { method: 'POST' });
    expect([status, body['code'], body['x']]).toEqual([422, code, { status: 403, code: 214, detail: anyText }]);
    expect(both.sandbox.overview.webhooks()).toEqual([]);
    expect((await both.service.call(`/v1/channels/${id}`)).body['status']).toBe('pending');
  });
});

describe('Connecting without PUBLIC_URL', () => {
  it('is refused with what to set, and the channel has no webhook address', async () => {
    const both = await startBoth({ env: { PUBLIC_URL: '' } });
    try {
      const channel = (await both.service.call('/v1/channels', { body: NAJM_CHANNEL })).body;
      expect(channel['webhookUrl']).toBeNull();
      const { status, body } = await both.service.call(`/v1/channels/${channel['id']}/connect`, { method: 'POST' });
      expect([status, body['code']]).toEqual([409, 'channel.public-url-missing']);
      expect(body['detail']).toContain('PUBLIC_URL');
    } finally {
      await both.stop();
    }
  });
});

describe('Two channels of one app and environment', () => {
  it('share one webhook, each hearing what is for its account, and one can go without the other', async () => {
    const both = await startBoth();
    try {
      const { service, sandbox } = both;
      const [najm, fibre] = [await connectNajm(service), await connectFibre(service)];
      expect(fibre['status']).toBe('connected');
      expect(fibre['webhookUrl']).toBe(najm['webhookUrl']);
      expect(sandbox.overview.webhooks()).toHaveLength(1);

      await service.call(`/v1/channels/${najm['id']}`, { method: 'DELETE' });
      expect(sandbox.overview.webhooks()).toHaveLength(1);
      expect(sandbox.overview.state().subscriptions.map(({ accountId }) => accountId)).toEqual([fibre['account'].id]);
      await sandbox.conversations.write(RANIA.id, 'participant', { to: String(fibre['account'].id), text: 'still there?' });
      await eventually(async () => {
        const { body } = await service.call(`/v1/messages?channelId=${fibre['id']}`);
        expect(body['data']).toHaveLength(1);
      }, 'the other channel still hears');
    } finally {
      await both.stop();
    }
  });
});
