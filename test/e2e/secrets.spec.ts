import fs, { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { Receiver, respondWith } from '../support/receiver.js';
import { having } from './answers.js';
import { NAJM, NAJM_APP_ID, RANIA } from './cast.js';
import { ADMIN_KEY, type Answer, type Both, fault, FIBRE_CHANNEL, hear, messageIn, type Service, startBoth, textTo } from './service.js';
import { leaks } from './leaks.js';
import { challenge, deliver, inboundBody, sign } from './x-webhook.js';

const OLD_KEY = Buffer.alloc(32, 1).toString('base64');

/** Credentials that cannot be mistaken for anything else. */
const CANARY = {
  consumerSecret: 'canary-consumer-secret-5d1f',
  accessToken: `${NAJM.id}-canary-access-token-77ab`,
  accessTokenSecret: 'canary-access-token-secret-e3c9',
  nextConsumerSecret: 'canary-next-consumer-secret-91d2',
  wrongToken: `${NAJM.id}-canary-wrong-token-4b0e`,
  wrongSecret: 'canary-wrong-secret-c77f',
  consumerKey: 'canaryConsumerKey8842',
  clientId: 'canary-client-id-1f90',
  clientSecret: 'canary-client-secret-a7e1',
  nextClientSecret: 'canary-next-client-secret-20cc',
};

describe('Credentials', () => {
  let both: Both;
  let printed = '';
  const seen: string[] = [];
  const made: string[] = [];
  let service: Service;
  let channelId: string;
  let receiver: Receiver;

  const call = async (path: string, options?: Parameters<Service['call']>[1]): Promise<Answer> => {
    const answer = await service.call(path, options);
    seen.push(`${answer.text}\n${[...answer.headers].join('\n')}`);
    return answer;
  };
  const files = () => {
    const file = both.databaseUrl.slice('sqlite:'.length);
    const names = readdirSync(dirname(file)).filter((name) => name.startsWith(basename(file)));
    expect(names).toContain(`${basename(file)}-wal`);
    return names.map((name) => readFileSync(join(dirname(file), name), 'latin1')).join('\n');
  };
  const env = { ENCRYPTION_KEY: OLD_KEY, TWITTER_CHANNEL__LOGGING__LEVEL: 'trace', TWITTER_CHANNEL__X__TIMEOUT_MS: '500', TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1', TWITTER_CHANNEL__CALLBACKS__POLL_MS: '50' };

  beforeAll(async () => {
    // The log writes to the descriptor of standard output; what is printed goes through the stream.
    const write = jest.spyOn(fs, 'writeSync').mockImplementation((_descriptor: number, text: unknown) => {
      printed += String(text);
      return Buffer.byteLength(String(text));
    });
    const print = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    receiver = await Receiver.start();
    both = await startBoth({ env });
    service = both.service;
    both.sandbox.people.patchApp(NAJM_APP_ID, { consumerSecret: CANARY.consumerSecret });
    Object.assign(both.sandbox.people.patchApp(NAJM_APP_ID, {}), { consumerKey: CANARY.consumerKey });
    both.sandbox.people.authorize(NAJM.id, { accessToken: CANARY.accessToken, accessTokenSecret: CANARY.accessTokenSecret });
    await exercise();
    write.mockRestore();
    print.mockRestore();
  });
  afterAll(async () => {
    await both.stop();
    await receiver.stop();
  });

  /** Every flow that touches a credential, the failing ones too. */
  async function exercise(): Promise<void> {
    const { consumerKey, consumerSecret, accessToken, accessTokenSecret, clientId, clientSecret } = CANARY;
    const body = { name: 'Canary', consumerKey, consumerSecret, accessToken, accessTokenSecret, clientId, clientSecret, environmentName: 'prod' };
    await call('/v1/channels', { body: { ...body, accessToken: CANARY.wrongToken } });
    await call('/v1/channels', { body: { ...body, accessTokenSecret: CANARY.wrongSecret } });
    await call('/v1/channels', { body: { ...body, consumerSecret: `${CANARY.wrongSecret} ${'x'.repeat(600)}` } });
    await call('/v1/channels', { raw: JSON.stringify(body).slice(0, -5) });
    for (const kind of ['status', 'reset-before', 'hang', 'html-error', 'truncated-json'] as const) {
      fault(both.sandbox, { route: 'verify', kind });
      await call('/v1/channels', { body });
    }
    channelId = (await call('/v1/channels', { body, headers: { 'idempotency-key': 'canary' } })).body['id'];
    await call('/v1/channels', { body, headers: { 'idempotency-key': 'canary' } });
    await call('/v1/channels', { body });
    fault(both.sandbox, { route: 'webhooks', kind: 'html-error' });
    await call(`/v1/channels/${channelId}/connect`, { method: 'POST' });
    const connected = await call(`/v1/channels/${channelId}/connect`, { method: 'POST' });
    expect(connected.body['status']).toBe('connected');
    await call('/v1/channels');
    for (const kind of ['accept-then-500', 'hang', 'reset-before', 'status'] as const) {
      fault(both.sandbox, { route: 'send', kind });
      const { body: message } = await call('/v1/messages', { body: textTo(kind) });
      await messageIn(service, message['id'], 'sent', 'unknown', 'failed', 'queued');
    }
    await deliver(service, connected.body, inboundBody({ id: '2089000000000000001', text: 'hi' }), { signature: 'sha256=wrong' }).then(({ text }) => seen.push(text));
    await challenge(service, connected.body, 'crc_token=short').then(({ text }) => seen.push(text));
    await call(`/v1/channels/${channelId}`, { method: 'PATCH', body: { accessTokenSecret: CANARY.wrongSecret } });
    both.sandbox.people.patchApp(NAJM_APP_ID, { consumerSecret: CANARY.nextConsumerSecret });
    await call(`/v1/channels/${channelId}`, { method: 'PATCH', body: { consumerSecret: CANARY.nextConsumerSecret } });
    await call(`/v1/channels/${channelId}`, { method: 'PATCH', body: { clientSecret: CANARY.nextClientSecret } });
    made.push((await service.call('/v1/api-keys', { body: { team: 'shop', scopes: ['admin'] }, headers: { 'idempotency-key': 'key' } })).body['key']);
    await call('/v1/api-keys', { key: made[0] ?? '' });
    await tellTeams();
    await call('/openapi.json');
    await both.sandbox.whenIdle();
  }

  /** Callbacks with two secrets each, and the keys of many teams: each is answered once, and used. */
  async function tellTeams(): Promise<void> {
    for (let n = 0; n < 32; n += 1) {
      const { body: callback } = await service.call('/v1/callbacks', { body: { url: receiver.url, events: ['message.received'] }, headers: { 'idempotency-key': `callback-${n}` } });
      const { body: rotated } = await service.call(`/v1/callbacks/${callback['id']}/rotate-secret`, { method: 'POST', headers: { 'idempotency-key': `rotate-${n}` } });
      made.push(callback['secret'], rotated['secret']);
      const { body: key } = await service.call('/v1/api-keys', { body: { team: 'default', scopes: ['messages:read', 'callbacks:read'] } });
      made.push(key['key']);
      await call(`/v1/callbacks/${callback['id']}`, { key: key['key'] });
    }
    receiver.respond = respondWith(500);
    await call(`/v1/callbacks/${(await call('/v1/callbacks')).body['data'][0]?.id}/test`, { method: 'POST' });
    receiver.respond = respondWith(204);
    await hear(both, RANIA.id);
    await eventually(() => (receiver.calls.length > 30 ? true : null), 'all receivers are told', { withinMs: 20_000 });
    for (const path of ['/v1/callbacks?limit=100', '/v1/deliveries?limit=100', '/v1/events?limit=100', '/v1/audit-log?limit=100', '/v1/api-keys?limit=100', '/v1/messages', '/v1/conversations']) {
      await call(path);
    }
  }

  const { consumerKey: _public, ...secret } = CANARY;
  const secrets = [...Object.values(secret), ADMIN_KEY, OLD_KEY];

  it('are in no answer, to nobody, in no disguise', () => {
    expect(seen.length).toBeGreaterThan(20);
    expect(leaks(seen.join('\n'), [...secrets, ...made, CANARY.consumerKey])).toEqual([]);
  });

  it('are in no call of a receiver, and there are a hundred of them', () => {
    const told = receiver.calls.map(({ headers, text }) => `${text}\n${JSON.stringify(headers)}`).join('\n');
    // The control: it was told, and signed.
    expect(told).toContain('message.received');
    expect(told).toContain('webhook-signature');
    expect(new Set([...secrets, ...made]).size).toBeGreaterThanOrEqual(100);
    expect(leaks(told, [...secrets, ...made, CANARY.consumerKey])).toEqual([]);
  });

  it('are in no line of the log, though everything is logged', () => {
    // The control: the log was caught, and tells of what went wrong.
    expect(printed).toContain('X did not confirm a message');
    expect(leaks(printed, [...secrets, ...made, CANARY.consumerKey])).toEqual([]);
  });

  it('are not in the bytes of the database, its write-ahead log included', () => {
    const bytes = files();
    // The control: what is not sealed can be found.
    expect(bytes).toContain(channelId);
    expect(leaks(bytes, [...secrets, ...made, CANARY.consumerKey])).toEqual([]);
  });

  it('are both accepted on the webhook while the consumer secret is changed, and X is answered with the new one', async () => {
    const channel = (await service.call(`/v1/channels/${channelId}`)).body;
    for (const [index, consumerSecret] of [CANARY.consumerSecret, CANARY.nextConsumerSecret].entries()) {
      const body = inboundBody({ id: `208900000000000001${index}`, text: `signed ${index}`, from: RANIA.id });
      expect((await deliver(service, channel, body, { signature: sign(body, consumerSecret) })).status).toBe(200);
    }
    const third = inboundBody({ id: '2089000000000000020', text: 'signed by nobody' });
    expect((await deliver(service, channel, third, { signature: sign(third, 'neither') })).status).toBe(401);
    expect(await both.sandbox.webhooks.challengeAll()).toEqual([having({ outcome: 'passed' })]);
  });

  it('answer X with the newest secret also where another channel of the app still has the old one', async () => {
    both.sandbox.people.patchApp(NAJM_APP_ID, { consumerSecret: CANARY.consumerSecret });
    for (const [order, rotating] of [['older', 0], ['newer', 1]] as const) {
      const current = [`rotated-${order}-1`, `rotated-${order}-2`] as const;
      both.sandbox.people.patchApp(NAJM_APP_ID, { consumerSecret: current[0] });
      await service.call(`/v1/channels/${channelId}`, { method: 'PATCH', body: { consumerSecret: current[0] } });
      const fibre = await service.call('/v1/channels', { body: { ...FIBRE_CHANNEL, consumerKey: CANARY.consumerKey, consumerSecret: current[0] } });
      expect(fibre.status).toBe(201);
      both.sandbox.people.patchApp(NAJM_APP_ID, { consumerSecret: current[1] });
      const id = [channelId, fibre.body['id']][rotating];
      expect((await service.call(`/v1/channels/${id}`, { method: 'PATCH', body: { consumerSecret: current[1] } })).status).toBe(200);
      expect([order, await both.sandbox.webhooks.challengeAll()]).toEqual([order, [having({ outcome: 'passed' })]]);
      await service.call(`/v1/channels/${fibre.body['id']}`, { method: 'PATCH', body: { consumerSecret: current[1] } });
      expect((await service.call(`/v1/channels/${fibre.body['id']}`, { method: 'DELETE' })).status).toBe(204);
    }
  });
});
