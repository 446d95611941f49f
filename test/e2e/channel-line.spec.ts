import { SubscriptionCheckJob } from '../../src/channels/connection/subscription-check.job.js';
import { startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { startWebhookReceiver } from '../../src/sandbox/testing/webhook-receiver.service.js';
import { seedKeys, XCaller } from '../../src/sandbox/testing/x-caller.service.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { freePort } from '../support/processes.js';
import { type AnswerBody, having } from './answers.js';
import { FIBRE, NAJM, NAJM_APP_ID } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, connectFibre, connectNajm, fault, FIBRE_CHANNEL, NAJM_CHANNEL, type Service, startBoth, startService } from './service.js';

const MINUTE_MS = 60_000;

describe('An app’s line to X', () => {
  let clock: ManualClock;
  let both: Both;
  let service: Service;

  beforeEach(async () => {
    clock = new ManualClock();
    both = await startBoth({ clock });
    service = both.service;
  });
  afterEach(() => both.stop());

  const run = () => service.app.get(SubscriptionCheckJob).run();
  const webhooks = () => both.sandbox.overview.webhooks();
  const subscribed = () => both.sandbox.overview.state().subscriptions.map(({ accountId }) => accountId);
  const calls = (method: string, ending: string) => both.sandbox.ledger.requests.filter((request) => request.method === method && request.path.endsWith(ending));
  const channel = async (id: string) => (await service.call(`/v1/channels/${id}`)).body;
  const told = () => queryDatabase<{ type: string; data: string }>(both.databaseUrl, "SELECT type, data FROM team_events WHERE type LIKE 'channel.%' ORDER BY id");

  it('is asked about once for all channels of the app, not for each', async () => {
    await connectNajm(service);
    await connectFibre(service);
    both.sandbox.ledger.clear();
    expect(await run()).toEqual({ connected: 2, degraded: 0, revoked: 0 });
    expect(calls('GET', '/all/webhooks.json')).toHaveLength(1);
    expect(calls('GET', '/subscriptions/list.json')).toHaveLength(1);
    expect(calls('GET', '/verify_credentials.json')).toHaveLength(2);
    expect(calls('PUT', '.json')).toEqual([]);
  });

  it('stays within X’s 15 calls about webhooks in 15 minutes, however often it is looked at', async () => {
    const { id } = await connectNajm(service);
    both.sandbox.ledger.clear();
    for (let n = 0; n < 40; n += 1) {
      await run();
    }
    expect(calls('GET', '/all/webhooks.json').length).toBeLessThanOrEqual(14);
    expect((await channel(id))['status']).toBe('connected');
    clock.advance(15 * MINUTE_MS);
    both.sandbox.ledger.clear();
    await run();
    expect(calls('GET', '/all/webhooks.json')).toHaveLength(1);
  });

  it('is asked about account by account where X does not let the app list them', async () => {
    fault(both.sandbox, { route: 'subscription-lists', kind: 'status', status: 401, code: 32, times: null });
    const { id } = await connectNajm(service);
    await connectFibre(service);
    expect(subscribed().sort()).toEqual([NAJM.id, FIBRE.id].sort());
    both.sandbox.ledger.clear();
    await run();
    expect(calls('POST', '/subscriptions.json')).toEqual([]);
    both.sandbox.webhooks.unsubscribe(FIBRE.id);
    expect(await run()).toEqual({ connected: 2, degraded: 0, revoked: 0 });
    expect(subscribed().sort()).toEqual([NAJM.id, FIBRE.id].sort());
    expect((await channel(id))['status']).toBe('connected');
    // One that does not answer says nothing about anybody.
    both.sandbox.faults.remove();
    fault(both.sandbox, { route: 'subscription-lists', kind: 'status', status: 503 });
    expect(await run()).toEqual({ connected: 0, degraded: 2, revoked: 0 });
  });

  it('moves with our address: delete, create, subscribe every account again, and nobody else’s is touched', async () => {
    const [najm] = [await connectNajm(service), await connectFibre(service)];
    const [before] = webhooks();
    await service.stop();
    service = await startService({ databaseUrl: both.databaseUrl, sandboxUrl: both.sandbox.url, clock, port: await freePort() });
    both.service.stop = service.stop;
    expect(await run()).toEqual({ connected: 2, degraded: 0, revoked: 0 });
    const moved = await channel(najm['id']);
    expect(moved['webhookUrl']).not.toBe(najm['webhookUrl']);
    expect(webhooks()).toEqual([having({ url: moved['webhookUrl'], isValid: true })]);
    expect(webhooks()[0]?.id).not.toBe(before?.id);
    expect(subscribed().sort()).toEqual([NAJM.id, FIBRE.id].sort());
  });

  it('has every account subscribed again when one of them is connected and the webhook had gone', async () => {
    const { id } = await connectNajm(service);
    await connectFibre(service);
    await new XCaller(both.sandbox.url, seedKeys(NAJM.id)).call('DELETE', `/1.1/account_activity/all/prod/webhooks/${webhooks()[0]?.id}.json`);
    expect(subscribed()).toEqual([]);
    expect((await service.call(`/v1/channels/${id}/connect`, { method: 'POST' })).status).toBe(200);
    expect(subscribed().sort()).toEqual([NAJM.id, FIBRE.id].sort());
  });

  it.each(['disconnect', 'delete'])('is not made to stand again for a channel that somebody %ss while the check waits', async (what) => {
    const { id } = await connectNajm(service);
    fault(both.sandbox, { route: 'subscriptions', kind: 'delay', delayMs: 300 });
    const ending = what === 'delete' ? service.call(`/v1/channels/${id}`, { method: 'DELETE' }) : service.call(`/v1/channels/${id}/disconnect`, { method: 'POST' });
    await eventually(() => expect(calls('DELETE', `/subscriptions/${NAJM.id}.json`)).toHaveLength(1), 'it is under way');
    await run();
    expect((await ending).status).toBeLessThan(300);
    expect(subscribed()).toEqual([]);
    expect(webhooks()).toHaveLength(what === 'delete' ? 0 : 1);
  });

  it('is not taken back from somebody who took our place: the channel says who has it', async () => {
    const { id } = await connectNajm(service);
    const foreign = await startWebhookReceiver(NAJM.credentials.consumerSecret);
    try {
      const x = new XCaller(both.sandbox.url, seedKeys(NAJM.id));
      await x.call('DELETE', `/1.1/account_activity/all/prod/webhooks/${webhooks()[0]?.id}.json`);
      await x.call('POST', '/1.1/account_activity/all/prod/webhooks.json', { form: { url: foreign.url } });
      await run();
      await run();
      expect(webhooks().map(({ url }) => url)).toEqual([foreign.url]);
      expect(await channel(id)).toMatchObject({ status: 'degraded', statusDetail: expect.stringContaining(foreign.url) as string });
      expect((await told()).map(({ type }) => type)).toEqual(['channel.connected', 'channel.degraded']);
    } finally {
      await foreign.close();
    }
  });

  it('tells once that a channel degrades and once that it heals, each with a reason', async () => {
    const { id } = await connectNajm(service);
    fault(both.sandbox, { route: 'any', kind: 'status', status: 503, times: null });
    for (let n = 0; n < 3; n += 1) await run();
    both.sandbox.faults.remove();
    // Still degraded, for another reason.
    both.sandbox.people.patchAccount(NAJM.id, { accessLevel: 'read' });
    await run();
    expect((await channel(id))['statusDetail']).toContain('level is “read”');
    both.sandbox.people.patchAccount(NAJM.id, { accessLevel: 'read-write-directmessages' });
    for (let n = 0; n < 3; n += 1) await run();
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual(['channel.connected', 'channel.degraded', 'channel.connected']);
    expect(JSON.parse(events[1]?.data ?? '')).toMatchObject({ id, status: 'degraded', statusDetail: expect.stringContaining('could not be reached') as string });
  });

  it('tells of what it mends at once, too: events were missed', async () => {
    await connectNajm(service);
    both.sandbox.webhooks.invalidate(webhooks()[0]?.id ?? '');
    await run();
    expect((await told()).map(({ type }) => type)).toEqual(['channel.connected', 'channel.degraded', 'channel.connected']);
    const [due] = await queryDatabase<{ due_at: number }>(both.databaseUrl, 'SELECT due_at FROM recoveries');
    expect(Number(due?.due_at)).toBeLessThanOrEqual(clock.now());
  });

  it('says that X has no subscription left for the app', async () => {
    await connectFibre(service);
    for (let n = 0; n < 14; n += 1) {
      const { grant } = both.sandbox.people.addBrand({ name: `Brand ${n}`, screenName: `brand_${n}` });
      const x = new XCaller(both.sandbox.url, { ...seedKeys(NAJM.id), accessToken: grant.token, accessTokenSecret: grant.tokenSecret });
      expect((await x.call('POST', '/1.1/account_activity/all/prod/subscriptions.json')).status).toBe(204);
    }
    const { id } = (await service.call('/v1/channels', { body: NAJM_CHANNEL })).body;
    const answer = await service.call(`/v1/channels/${id}/connect`, { method: 'POST' });
    expect([answer.status, answer.body['code'], answer.body['x'].code]).toEqual([422, 'channel.subscriptions-used-up', 214]);
    expect(answer.body['remedy']).toContain('Disconnect a channel');
    expect((await channel(id))['status']).toBe('pending');
  });
});

describe('A webhook whose challenge fails', () => {
  it('is left alone by us for longer and longer, unless a person asks', async () => {
    const clock = new ManualClock();
    const front = await startWebhookReceiver(NAJM.credentials.consumerSecret);
    const both = await startBoth({ clock, env: { PUBLIC_URL: new URL(front.url).origin } });
    try {
      const { service, sandbox } = both;
      const { id } = await connectNajm(service);
      sandbox.webhooks.invalidate(sandbox.overview.webhooks()[0]?.id ?? '');
      front.behave('status-500');
      const challenges = () => sandbox.ledger.requests.filter(({ method }) => method === 'PUT').length;
      const startedAt = clock.now();
      const minutes: number[] = [];
      for (; clock.now() - startedAt < 300 * MINUTE_MS; clock.advance(5 * MINUTE_MS)) {
        const before = challenges();
        await service.app.get(SubscriptionCheckJob).run();
        if (challenges() > before) minutes.push((clock.now() - startedAt) / MINUTE_MS);
      }
      expect(minutes).toEqual([0, 5, 15, 35, 75, 135, 195, 255]);
      expect((await service.call(`/v1/channels/${id}`)).body).toMatchObject({ status: 'degraded', statusDetail: expect.stringContaining('did not get 200') as string });

      front.behave('right');
      const before = challenges();
      const { body } = await service.call(`/v1/channels/${id}/checks`, { method: 'POST' });
      expect([challenges(), body['status']]).toEqual([before + 1, 'connected']);
    } finally {
      await both.stop();
      await front.close();
    }
  });
});

describe('An app whose webhooks only its owner may change', () => {
  it('is changed with the tokens of whichever channel is the owner’s', async () => {
    const both = await startBoth({ x: { ownerOnlyWebhooks: true } });
    try {
      const { service, sandbox } = both;
      // The first in every list is not the owner.
      const fibre = (await service.call('/v1/channels', { body: FIBRE_CHANNEL })).body;
      const refused = await service.call(`/v1/channels/${fibre['id']}/connect`, { method: 'POST' });
      expect([refused.status, refused.body['x'].code]).toEqual([502, 200]);
      await connectNajm(service);
      expect((await service.call(`/v1/channels/${fibre['id']}/connect`, { method: 'POST' })).body['status']).toBe('connected');
      sandbox.webhooks.invalidate(sandbox.overview.webhooks()[0]?.id ?? '');
      await service.app.get(SubscriptionCheckJob).run();
      expect(sandbox.overview.webhooks()).toEqual([having({ isValid: true })]);
    } finally {
      await both.stop();
    }
  });
});

describe('Several instances', () => {
  forEachEngine((engine) => {
    it('change an app’s webhooks one at a time: one registration, whoever asks', async () => {
      const sandbox = await startSandbox();
      const databaseUrl = await engine.createDatabaseUrl();
      const services = await startSome(engine.name === 'postgres' ? 3 : 1, databaseUrl, sandbox.url);
      try {
        const [first] = services as [Service];
        const { body } = await first.call<AnswerBody>('/v1/channels', { body: NAJM_CHANNEL });
        const answers = await Promise.all(Array.from({ length: 9 }, (_, n) => (services[n % services.length] as Service).call(`/v1/channels/${body['id']}/connect`, { method: 'POST' })));
        expect(answers.map(({ status }) => status)).toEqual(Array<number>(9).fill(200));
        expect(sandbox.ledger.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/webhooks.json'))).toHaveLength(1);
        expect(sandbox.overview.state().subscriptions).toEqual([{ appId: NAJM_APP_ID, environment: 'prod', accountId: NAJM.id }]);
      } finally {
        await Promise.all(services.map((service) => service.stop()));
        await sandbox.close();
      }
    });
  });

  /** Behind one address, as instances are. */
  async function startSome(count: number, databaseUrl: string, sandboxUrl: string): Promise<Service[]> {
    const port = await freePort();
    const first = await startService({ databaseUrl, sandboxUrl, port });
    const others = await Promise.all(Array.from({ length: count - 1 }, () => startService({ databaseUrl, sandboxUrl, env: { PUBLIC_URL: `http://127.0.0.1:${port}` } })));
    return [first, ...others];
  }
});
