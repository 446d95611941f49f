import { BRAND_ID, READ_ONLY_BRAND_ID, SECOND_BRAND_ID, SEED_APP } from '../seeds.js';
import { startSandbox, type Sandbox } from '../sandbox-server.service.js';
import { compactFixture, readFixture } from '../testing/fixtures.service.js';
import { startWebhookReceiver, type CrcBehaviour, type WebhookReceiver } from '../testing/webhook-receiver.service.js';
import { seedKeys, XCaller, type XReply } from '../testing/x-caller.service.js';
import { signWebhook } from '../delivery/webhook-signature.js';
import { isAcceptableWebhookUrl } from '../delivery/webhook-url.js';

const ALL = '/1.1/account_activity/all';
const bearer = { authorization: `Bearer ${SEED_APP.bearerToken}` };

let sandbox: Sandbox;
let receiver: WebhookReceiver;
let brand: XCaller;

beforeEach(async () => {
  sandbox = await startSandbox();
  receiver = await startWebhookReceiver(SEED_APP.consumerSecret);
  brand = new XCaller(sandbox.url, seedKeys(BRAND_ID));
});

afterEach(async () => {
  await sandbox.close();
  await receiver.close();
});

function register(url = receiver.url, environment = 'prod'): Promise<XReply> {
  return brand.call('POST', `${ALL}/${environment}/webhooks.json`, { form: { url } });
}

async function registeredId(): Promise<string> {
  return (JSON.parse((await register()).text) as { id: string }).id;
}

const keysOf = (text: string): string[] => Object.keys(JSON.parse(text) as object);
const documented = (name: string): { http_status: number; body: unknown } | undefined =>
  (JSON.parse(readFixture('rest-errors')) as { name: string; http_status: number; body: unknown }[]).find((one) => one.name === name);

function expectDocumented(reply: XReply, name: string): void {
  expect({ http_status: reply.status, body: JSON.parse(reply.text) as unknown }).toEqual({
    http_status: documented(name)?.http_status,
    body: documented(name)?.body,
  });
}

describe('registering a webhook', () => {
  it('challenges the address first and answers with X’s webhook object', async () => {
    const reply = await register();
    expect(reply.status).toBe(200);
    expect(keysOf(reply.text)).toEqual(keysOf(readFixture('v1-aaa-webhook-create.response')));
    const webhook = JSON.parse(reply.text) as Record<string, unknown>;
    expect(webhook).toMatchObject({ url: receiver.url, valid: true });
    expect(webhook['created_timestamp']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/);
    const [challenge] = receiver.challenges;
    expect(challenge?.query).toMatch(/^crc_token=[\w%.-]+&nonce=[\w-]+$/);
    expect(challenge?.signature).toBe(signWebhook(SEED_APP.consumerSecret, challenge?.query ?? ''));
  });

  it.each<[CrcBehaviour, string]>([
    ['wrong-secret', 'v1 AAA crc bad token'],
    ['not-json', 'v1 AAA crc bad token'],
    ['gzip-declared', 'v1 AAA crc bad token'],
    ['status-500', 'v1 AAA crc non-200'],
    ['redirect', 'v1 AAA crc non-200'],
    ['closed', 'v1 AAA crc non-200'],
    ['slow', 'v1 AAA crc slow'],
  ])('that answers the challenge %s is refused as %s, and nothing is registered', async (behaviour, name) => {
    receiver.behave(behaviour);
    expectDocumented(await register(), name);
    expect(sandbox.overview.webhooks()).toEqual([]);
  });

  it('is refused for an unacceptable address without calling it', async () => {
    expectDocumented(await register('http://hooks.najm.example/x'), 'v1 AAA webhook url bad');
    expect(receiver.challenges).toEqual([]);
  });

  it('is refused while the environment has one, whatever its address', async () => {
    await register();
    expectDocumented(await register(), 'v1 AAA too many webhooks');
    expect((await register(receiver.url, 'dev')).status).toBe(200);
  });

  it.each(['Prod', 'production'])('needs the label exactly: %s', async (environment) => {
    expectDocumented(await register(receiver.url, environment), 'v1 page/env not found');
  });

  it('is refused with an app’s own token', async () => {
    const reply = await brand.call('POST', `${ALL}/prod/webhooks.json`, { form: { url: receiver.url }, ...bearer });
    expect([reply.status, reply.code]).toEqual([403, 261]);
  });
});

describe('webhook addresses', () => {
  it.each([
    ['https://hooks.najm.example/x', true],
    ['https://hooks.najm.example:8443/x', false],
    ['https://hooks.najm.example:443/x', false],
    ['https:\\\\hooks.najm.example:8443\\x', false],
    ['http://hooks.najm.example/x', false],
    ['http://127.0.0.1:3000/x', true],
    ['http://localhost:3000/x', true],
    ['http://127.0.0.1.evil.example/x', false],
    ['https://user:pass@hooks.najm.example/x', false],
    ['not a url', false],
  ])('%s is acceptable: %s', (url, isAcceptable) => {
    expect(isAcceptableWebhookUrl(url)).toBe(isAcceptable);
  });
});

describe('a registered webhook', () => {
  it('is listed for one and for all environments', async () => {
    await register();
    const all = await brand.call('GET', `${ALL}/webhooks.json`, bearer);
    const anyWebhook = (text: string): string => text.replace(/"(id|url|created_timestamp)":"[^"]*"/g, '"$1":"…"');
    expect(anyWebhook(all.text)).toBe(anyWebhook(compactFixture('v1-aaa-webhooks-all.response')));
    expect(JSON.parse((await brand.call('GET', `${ALL}/prod/webhooks.json`)).text)).toHaveLength(1);
  });

  it('is challenged again by PUT, which makes an invalid one valid', async () => {
    const id = await registeredId();
    sandbox.webhooks.invalidate(id);
    expect((await brand.call('PUT', `${ALL}/prod/webhooks/${id}.json`)).status).toBe(204);
    expect(sandbox.overview.webhooks()[0]?.isValid).toBe(true);
    receiver.behave('wrong-secret');
    expect((await brand.call('PUT', `${ALL}/prod/webhooks/${id}.json`)).code).toBe(214);
    expect(sandbox.overview.webhooks()[0]?.isValid).toBe(false);
  });

  it('becomes invalid when the periodic challenge fails', async () => {
    const id = await registeredId();
    expect(await sandbox.webhooks.challengeAll()).toEqual([{ webhookId: id, outcome: 'passed' }]);
    receiver.behave('status-500');
    expect(await sandbox.webhooks.challengeAll()).toEqual([{ webhookId: id, outcome: 'crcNotOk' }]);
    expect(sandbox.overview.webhooks()[0]?.isValid).toBe(false);
  });

  it('is somebody else’s under another label or id', async () => {
    const id = await registeredId();
    expectDocumented(await brand.call('DELETE', `${ALL}/dev/webhooks/${id}.json`), 'v1 AAA webhook missing');
    expectDocumented(await brand.call('PUT', `${ALL}/prod/webhooks/1.json`), 'v1 AAA webhook missing');
  });

  it('takes its subscriptions along when it is deleted', async () => {
    const id = await registeredId();
    await brand.call('POST', `${ALL}/prod/subscriptions.json`);
    expect((await brand.call('DELETE', `${ALL}/prod/webhooks/${id}.json`)).status).toBe(204);
    expectDocumented(await brand.call('GET', `${ALL}/prod/subscriptions.json`), 'v1 page/env not found');
  });
});

describe('a subscription', () => {
  it('is made once, and listed and counted for the app', async () => {
    await register();
    expect((await brand.call('POST', `${ALL}/prod/subscriptions.json`)).status).toBe(204);
    expectDocumented(await brand.call('POST', `${ALL}/prod/subscriptions.json`), 'v1 AAA subscription exists');
    expect((await brand.call('GET', `${ALL}/prod/subscriptions.json`)).status).toBe(204);
    expect(JSON.parse((await brand.call('GET', `${ALL}/prod/subscriptions/list.json`, bearer)).text)).toEqual(JSON.parse(readFixture('v1-aaa-subscriptions-list.response')));
    expect(JSON.parse((await brand.call('GET', `${ALL}/subscriptions/count.json`, bearer)).text)).toEqual(JSON.parse(readFixture('v1-aaa-subscriptions-count.response')));
    expect((await brand.call('GET', `${ALL}/prod/subscriptions/list.json`)).code).toBe(32);
  });

  it('is refused to tokens that may not read messages', async () => {
    await register();
    const reader = new XCaller(sandbox.url, seedKeys(READ_ONLY_BRAND_ID));
    expectDocumented(await reader.call('POST', `${ALL}/prod/subscriptions.json`), 'v1 AAA not permitted');
  });

  it('is ended by the account, or by the app for one account and not for another', async () => {
    await register();
    const second = new XCaller(sandbox.url, seedKeys(SECOND_BRAND_ID));
    await brand.call('POST', `${ALL}/prod/subscriptions.json`);
    await second.call('POST', `${ALL}/prod/subscriptions.json`);
    expect((await brand.call('DELETE', `${ALL}/prod/subscriptions/${BRAND_ID}.json`, bearer)).status).toBe(204);
    expect((await second.call('GET', `${ALL}/prod/subscriptions.json`)).status).toBe(204);
    expect((await second.call('DELETE', `${ALL}/prod/subscriptions.json`)).status).toBe(204);
    expect((await brand.call('DELETE', `${ALL}/prod/subscriptions/${BRAND_ID}.json`, bearer)).status).toBe(404);
  });
});
