import { SubscriptionCheckJob } from '../../src/channels/connection/subscription-check.job.js';
import { RecoveryJob } from '../../src/messaging/recovery/recovery.job.js';
import { WebhookProcessor } from '../../src/webhook/webhook-processor.service.js';
import { forEachEngine } from '../support/engines.js';
import { type AnswerBody, textLike } from './answers.js';
import { FIBRE, NAJM, RANIA } from './cast.js';
import { challenge, deliver, inboundBody } from './x-webhook.js';
import { type Both, connectFibre, connectNajm, fault, hear, messageIn, startBoth, textTo } from './service.js';

describe('A channel whose events are to come another way', () => {
  forEachEngine((engine) => {
    let both: Both;
    let channel: AnswerBody;

    beforeEach(async () => {
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl() });
      channel = await connectNajm(both.service);
    });
    afterEach(() => both.stop());

    const patch = (body: unknown) => both.service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body });
    const read = async () => (await both.service.call(`/v1/channels/${channel['id']}`)).body;
    const health = async () => (await both.service.call(`/v1/channels/${channel['id']}/health`)).body;
    const webhookUrls = () => both.sandbox.overview.webhooks().map(({ url }) => url);
    const subscribed = () => both.sandbox.overview.state().subscriptions.map(({ accountId }) => accountId);
    const heardTexts = async (): Promise<string[]> => (await both.service.call('/v1/messages?direction=inbound&limit=100')).body['data'].map(({ content }) => content.text).sort();
    /** Whether X has anybody to tell or not. */
    const write = (text: string) => both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text });
    const send = async (text: string): Promise<AnswerBody> => messageIn(both.service, (await both.service.call('/v1/messages', { body: textTo(text) })).body['id'], 'sent');
    const readBack = async () => {
      await both.sandbox.whenIdle();
      await both.service.app.get(WebhookProcessor).processBacklog();
      await both.service.app.get(RecoveryJob).run();
    };

    it('goes from premium to v2, to enterprise and back, and loses nothing, nothing comes twice, and its conversation goes on', async () => {
      const [premium] = webhookUrls();
      const { conversationId } = await hear(both, RANIA.id, 'before');
      await send('to before');
      const written = ['before'];
      const addresses = [premium];
      const steps = [{ eventsApi: 'account-activity-v2' }, { eventsApi: 'account-activity-enterprise' }, { eventsApi: 'account-activity-premium', environmentName: 'prod' }];
      for (const step of steps) {
        const { eventsApi } = step;
        // Some while it is changed, without waiting for each other.
        const during = [`${eventsApi} 1`, `${eventsApi} 2`, `${eventsApi} 3`];
        const changed = patch(step);
        for (const text of during) {
          await write(text);
        }
        const { status, body } = await changed;
        expect([status, body['status'], (body as unknown as { eventsApi: string }).eventsApi, (body as unknown as { environmentName: string | null }).environmentName]).toEqual([200, 'connected', eventsApi, 'environmentName' in step ? 'prod' : null]);
        expect(webhookUrls()).toEqual([body['webhookUrl']]);
        expect(subscribed()).toEqual([NAJM.id]);
        addresses.push(body['webhookUrl']);
        await hear(both, RANIA.id, `${eventsApi} after`);
        written.push(...during, `${eventsApi} after`);
        await readBack();
        expect(await heardTexts()).toEqual([...written].sort());
        const sent = await send(`over ${eventsApi}`);
        expect(sent).toMatchObject({ conversationId, charge: 'reply', window: { open: true } });
      }
      expect(new Set(addresses).size).toBe(3);
      expect(addresses[3]).toBe(premium);
      await readBack();
      const { body } = await both.service.call(`/v1/conversations/${conversationId}/messages?limit=100`);
      const texts = body['data'].map(({ content }) => content.text);
      expect([...texts].sort()).toEqual([...written, 'to before', ...steps.map(({ eventsApi }) => `over ${eventsApi}`)].sort());
      expect((await health())['checks'].filter(({ ok }) => !ok)).toEqual([]);
    }, 60_000);

    it('goes from one environment to another, which has a webhook of its own', async () => {
      const [before] = webhookUrls();
      const { body } = await patch({ environmentName: 'dev' });
      expect(body).toMatchObject({ status: 'connected', environmentName: 'dev', eventsApi: 'account-activity-premium' });
      expect([webhookUrls(), subscribed()]).toEqual([[body['webhookUrl']], [NAJM.id]]);
      expect(body['webhookUrl']).not.toBe(before);
      await hear(both, RANIA.id, 'over dev');
    });

    it('leaves the webhook of before to other channels that use it', async () => {
      await connectFibre(both.service);
      const [premium] = webhookUrls();
      const { body } = await patch({ eventsApi: 'account-activity-v2' });
      expect(webhookUrls().sort()).toEqual([premium, body['webhookUrl']].sort());
      expect(subscribed().sort()).toEqual([NAJM.id, FIBRE.id].sort());
    });

    it('ends what it had before with the next look, where X did not let it at once, and says so until then; nothing comes twice', async () => {
      fault(both.sandbox, { route: 'subscriptions', kind: 'status', status: 503, times: 1 });
      const changed = await patch({ eventsApi: 'account-activity-v2' });
      expect([changed.status, changed.body['status']]).toEqual([200, 'connected']);
      expect(webhookUrls()).toHaveLength(2);
      expect((await health())['checks'].find(({ name }) => name === 'subscription')).toMatchObject({ ok: true, detail: textLike(/account-activity-premium that it had before is not ended at X yet/) });
      await hear(both, RANIA.id, 'told over both');
      await readBack();
      expect(await heardTexts()).toEqual(['told over both']);
      await both.service.app.get(SubscriptionCheckJob).run();
      expect(webhookUrls()).toEqual([changed.body['webhookUrl']]);
      expect((await health())['checks'].find(({ name }) => name === 'subscription')?.detail).not.toMatch(/before/);
    });

    it('is degraded while X does not take the new line, hears over none, and misses nothing once the check has mended it', async () => {
      fault(both.sandbox, { route: 'webhooks', kind: 'status', status: 403, code: 453, times: null });
      // What is listed can be ended; what is registered is refused.
      const changed = await patch({ eventsApi: 'account-activity-v2' });
      expect([changed.status, changed.body['status'], (changed.body as unknown as { eventsApi: string }).eventsApi]).toEqual([200, 'degraded', 'account-activity-v2']);
      await write('into the gap');
      await both.sandbox.whenIdle();
      both.sandbox.faults.remove();
      await both.service.app.get(SubscriptionCheckJob).run();
      expect((await read())['status']).toBe('connected');
      expect(webhookUrls()).toEqual([(await read())['webhookUrl']]);
      await readBack();
      expect(await heardTexts()).toEqual(['into the gap']);
    });

    it('takes what X delivers late to the address of before, once, and still answers its challenges', async () => {
      const { body: changed } = await patch({ eventsApi: 'account-activity-v2' });
      const late = inboundBody({ id: '1890000000000000001', text: 'late' });
      for (const address of [channel, channel]) {
        expect((await deliver(both.service, address, late)).status).toBe(200);
      }
      await both.service.app.get(WebhookProcessor).processBacklog();
      expect(await heardTexts()).toEqual(['late']);
      expect((await deliver(both.service, changed, late)).status).toBe(200);
      expect((await challenge(both.service, channel, 'crc_token=MzJkNDUxMmItYTQxNC00OGQ2')).status).toBe(200);
      await both.service.app.get(WebhookProcessor).processBacklog();
      expect(await heardTexts()).toEqual(['late']);
    });

    it('keeps what it is when the environment is missing or nothing is different', async () => {
      await patch({ eventsApi: 'account-activity-v2' });
      const before = await read();
      const missing = await patch({ eventsApi: 'account-activity-premium' });
      expect([missing.status, missing.body['code'], missing.body['errors']]).toEqual([422, 'channel.environment-missing', [expect.objectContaining({ pointer: '/environmentName' })]]);
      expect(await read()).toEqual(before);
      both.sandbox.ledger.clear();
      const same = await patch({ eventsApi: 'account-activity-v2' });
      expect(same.body).toMatchObject({ status: 'connected', webhookUrl: before['webhookUrl'] });
      expect(both.sandbox.ledger.requests).toEqual([]);
    });

    it('that was disconnected stays so, with nothing left at X', async () => {
      await both.service.call(`/v1/channels/${channel['id']}/disconnect`, { method: 'POST' });
      const { body } = await patch({ eventsApi: 'account-activity-enterprise' });
      expect(body['status']).toBe('disconnected');
      expect([webhookUrls(), subscribed()]).toEqual([[], []]);
    });
  });
});
