import { SubscriptionCheckJob } from '../../src/channels/connection/subscription-check.job.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, having } from './answers.js';
import { FIBRE, NAJM, RANIA } from './cast.js';
import { countRows, queryDatabase } from './database.js';
import { type Both, connectNajm, FIBRE_CHANNEL, fault, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';
import { deliver } from './x-webhook.js';

const DM_TYPES = ['chat.received', 'chat.sent', 'dm.indicate_typing', 'dm.read', 'dm.received', 'dm.sent'];

forEachEngine((engine) => {
  describe('A channel that X tells of over X Activity', () => {
    let clock: ManualClock;
    let both: Both;
    let service: Service;
    let channel: AnswerBody;

    beforeEach(async () => {
      clock = new ManualClock(Date.now());
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl() });
      service = both.service;
      channel = await connectNajm(service, { eventsApi: 'x-activity', environmentName: undefined });
    });
    afterEach(() => both.stop());

    const encrypted = (by: string, role: 'participant' | 'brand', to: string) => both.sandbox.conversations.writeEncrypted(by, role, { to });
    const messages = async () => (await service.call('/v1/messages?limit=100')).body.data;
    const found = (xMessageId: string) => eventually(async () => (await messages()).find((one) => one['xMessageId'] === xMessageId) ?? null, `message ${xMessageId} is there`);
    const events = async () => (await service.call<{ data: { type: string; data: AnswerBody }[] }>('/v1/events?limit=100')).body.data;
    const processed = () => eventually(async () => (await countRows(both.databaseUrl, "webhook_events WHERE status = 'received'")) === 0, 'all events are processed');
    const subscribed = () => both.sandbox.overview.state().subscriptions.map(({ accountId }) => accountId).sort();
    const asked = (method: string) => both.sandbox.ledger.requests.filter((one) => one.method === method && one.path.startsWith('/2/activity/subscriptions'));

    it('is subscribed to each type of event once, and only what is missing is asked for again', async () => {
      expect(asked('POST').map(({ body }) => (JSON.parse(body) as { event_type: string }).event_type).sort()).toEqual(DM_TYPES);
      both.sandbox.ledger.clear();
      expect((await service.call(`/v1/channels/${channel.id}/connect`, { method: 'POST' })).status).toBe(200);
      expect(asked('POST')).toEqual([]);
      fault(both.sandbox, { route: 'subscriptions', kind: 'status', status: 400, code: 0, message: 'SubscriptionLimitExceeded: ' });
      both.sandbox.webhooks.unsubscribe(NAJM.id);
      const refused = await service.call(`/v1/channels/${channel.id}/checks`, { method: 'POST' });
      expect(refused.body.checks.filter(({ ok }) => !ok)).toEqual([having({ name: 'subscription' })]);
      expect((await service.call(`/v1/channels/${channel.id}`)).body.status).toBe('degraded');
      expect((await service.call(`/v1/channels/${channel.id}/checks`, { method: 'POST' })).body.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect((await service.call(`/v1/channels/${channel.id}`)).body.status).toBe('connected');
    });

    it('shares its webhook with channels of Account Activity over v2, of which an app has no second', async () => {
      const other = (await service.call('/v1/channels', { body: { ...FIBRE_CHANNEL, eventsApi: 'account-activity-v2' } })).body;
      expect(other.webhookUrl).toBe(channel.webhookUrl);
      expect((await service.call(`/v1/channels/${other.id}/connect`, { method: 'POST' })).body.status).toBe('connected');
      expect(both.sandbox.overview.webhooks()).toHaveLength(1);
      await hear(both, RANIA.id, 'over X Activity');
      const { eventId } = await both.sandbox.conversations.write(RANIA.id, 'participant', { to: FIBRE.id, text: 'over Account Activity' });
      expect(await found(eventId)).toMatchObject({ channelId: other.id });
      for (const account of [NAJM.id, FIBRE.id]) both.sandbox.webhooks.unsubscribe(account);
      await service.app.get(SubscriptionCheckJob).run();
      expect(subscribed()).toEqual([NAJM.id, FIBRE.id].sort());
      expect((await service.call(`/v1/channels/${channel.id}`, { method: 'DELETE' })).status).toBe(204);
      expect(subscribed()).toEqual([FIBRE.id]);
      expect(both.sandbox.overview.webhooks()).toHaveLength(1);
    });

    it('is looked at together with channels of the app that are of another generation', async () => {
      const other = (await service.call('/v1/channels', { body: FIBRE_CHANNEL })).body;
      await service.call(`/v1/channels/${other.id}/connect`, { method: 'POST' });
      for (const account of [NAJM.id, FIBRE.id]) both.sandbox.webhooks.unsubscribe(account);
      await service.app.get(SubscriptionCheckJob).run();
      expect(subscribed()).toEqual([NAJM.id, FIBRE.id].sort());
      const states = (await service.call('/v1/channels')).body.data.map(({ name, eventsApi, status }) => [name, eventsApi, status]);
      expect(states.sort()).toEqual([['Fibre support', 'account-activity-premium', 'connected'], ['Najm support', 'x-activity', 'connected']]);
      expect(both.sandbox.overview.webhooks()).toHaveLength(2);
    });

    it('learns of reading, typing, and of the end of its access', async () => {
      await hear(both, RANIA.id);
      const sent = (await service.call('/v1/messages', { body: textTo('Hello, Rania') })).body;
      await messageIn(service, sent.id, 'sent');
      await both.sandbox.whenIdle();
      await both.sandbox.conversations.type(RANIA.id, { brand: NAJM.id });
      await both.sandbox.conversations.read(RANIA.id, { brand: NAJM.id });
      await messageIn(service, sent.id, 'read');
      await eventually(async () => (await events()).some(({ type }) => type === 'participant.typing'), 'typing is told');
      expect(await messages()).toHaveLength(2);
      await both.sandbox.people.revoke(NAJM.id);
      await eventually(async () => (await service.call(`/v1/channels/${channel.id}`)).body.status === 'revoked', 'the channel is revoked');
    });

    it('tells the team of an encrypted message as of any other, and says that it cannot be read', async () => {
      const { eventId } = await encrypted(RANIA.id, 'participant', NAJM.id);
      const message = await found(eventId);
      expect(message).toMatchObject({ direction: 'inbound', source: 'participant', status: 'received', content: { type: 'encrypted', text: '' }, from: { number: RANIA.id } });
      expect(Object.keys(message.content)).toEqual(['type', 'text']);
      expect(message.sentAt).toBe(new Date(clock.now()).toISOString());
      const told = await eventually(async () => {
        const received = (await events()).filter(({ type }) => type === 'message.received');
        return received.length > 0 ? received : null;
      }, 'it is told');
      expect(told.map(({ data }) => [data.id, data.content])).toEqual([[message.id, { type: 'encrypted', text: '' }]]);
    });

    it('gets no reply window by an encrypted message, and keeps the one that it has', async () => {
      const first = await found((await encrypted(RANIA.id, 'participant', NAJM.id)).eventId);
      expect(first.window).toMatchObject({ open: false, openedAt: null });
      const beyond = (await service.call('/v1/messages', { body: textTo('We cannot read that') })).body;
      expect(beyond.charge).toBe('rate-limit');
      await messageIn(service, beyond.id, 'sent');
      await hear(both, RANIA.id, 'In the clear');
      const reply = (await service.call('/v1/messages', { body: textTo('Thank you') })).body;
      expect([reply.charge, reply.window.used]).toEqual(['reply', 1]);
      await messageIn(service, reply.id, 'sent');
      clock.advance(1_000);
      const again = await found((await encrypted(RANIA.id, 'participant', NAJM.id)).eventId);
      expect(again.window).toMatchObject({ open: true, openedAt: reply.window.openedAt, used: 1 });
      // Held for an inbound message: none that counts has come.
      const held = (await service.call('/v1/messages', { body: { ...textTo('held', newcomer(both.sandbox)), beyondAllotment: 'hold' } })).body;
      expect(held.status).toBe('held');
      await encrypted(held.to.number, 'participant', NAJM.id);
      await processed();
      expect((await service.call(`/v1/messages/${held.id}`)).body.status).toBe('held');
    });

    it('counts what it knew late as if the encrypted one were not there', async () => {
      const at = clock.now();
      clock.advance(60_000);
      await encrypted(RANIA.id, 'participant', NAJM.id);
      await processed();
      clock.advance(60_000);
      const sent = (await service.call('/v1/messages', { body: textTo('Before we knew') })).body;
      expect(sent.charge).toBe('rate-limit');
      await messageIn(service, sent.id, 'sent');
      await hear(both, RANIA.id, 'Written first, told last', at);
      expect((await service.call(`/v1/messages/${sent.id}`)).body).toMatchObject({ charge: 'reply', window: { used: 1 } });
      // One that is told later yet ends nothing at the encrypted one either.
      await hear(both, RANIA.id, 'Earlier still', at - 60_000);
      expect((await service.call(`/v1/messages/${sent.id}`)).body).toMatchObject({ charge: 'reply' });
    });

    it('gets no window by encrypted messages that come together either', async () => {
      const people = Array.from({ length: 30 }, () => newcomer(both.sandbox));
      await Promise.all(people.map((id) => encrypted(id, 'participant', NAJM.id)));
      await processed();
      expect((await messages()).map(({ content, window }) => [content.type, window.openedAt])).toEqual(people.map(() => ['encrypted', null]));
    });

    it('takes an encrypted message that the account wrote for one typed elsewhere, which no receipt and no reply of the window concerns', async () => {
      await hear(both, RANIA.id);
      const own = await found((await encrypted(NAJM.id, 'brand', RANIA.id)).eventId);
      expect(own).toMatchObject({ direction: 'outbound', source: 'elsewhere', status: 'sent', charge: null, content: { type: 'encrypted', text: '' }, window: { used: 0 } });
      const sent = (await service.call('/v1/messages', { body: textTo('And in the clear') })).body;
      await messageIn(service, sent.id, 'sent');
      await both.sandbox.conversations.read(RANIA.id, { brand: NAJM.id });
      await messageIn(service, sent.id, 'read');
      expect((await service.call(`/v1/messages/${own.id}`)).body).toMatchObject({ status: 'sent', readAt: null });
    });

    it('knows its own send by X’s id also where the echo, which names no app, comes before X’s answer', async () => {
      await hear(both, RANIA.id);
      fault(both.sandbox, { route: 'echo', kind: 'echo-before-answer' });
      const sent = (await service.call('/v1/messages', { body: textTo('An echo of this is quicker') })).body;
      await messageIn(service, sent.id, 'sent');
      await both.sandbox.whenIdle();
      await processed();
      expect((await messages()).map(({ id, source }) => [id, source])).toEqual([[sent.id, 'api'], [expect.any(String), 'participant']]);
      expect((await events()).filter(({ type, data }) => type === 'message.sent' && data.id === sent.id)).toHaveLength(1);
    });

    it('records an encrypted message once, however often X tells of it', async () => {
      await encrypted(RANIA.id, 'participant', NAJM.id);
      await processed();
      const [row] = await queryDatabase<{ body: string }>(both.databaseUrl, 'SELECT body FROM webhook_events');
      const body = row?.body ?? '';
      await Promise.all([deliver(service, channel, body), deliver(service, channel, JSON.stringify(JSON.parse(body), null, 1))]);
      await processed();
      expect(await messages()).toHaveLength(1);
    });

    it('has one effect of one event of X’s, in whichever generations X tells of it', async () => {
      const id = '2089626266629046305';
      const event = (sender: string, recipient: string, text: string, xId: string) => ({
        type: 'message_create', id: xId, created_timestamp: String(clock.now()),
        message_create: { target: { recipient_id: recipient }, sender_id: sender, message_data: { text } },
      });
      const profile = { id: RANIA.id, name: 'Rania Kader' };
      const asAaa = (one: unknown) => JSON.stringify({ for_user_id: NAJM.id, direct_message_events: [one], users: { [RANIA.id]: { ...profile, screen_name: RANIA.username } } });
      const asXaa = (one: unknown, type: string, uuid: string) =>
        JSON.stringify({ data: { event_uuid: uuid, filter: { user_id: NAJM.id }, event_type: type, payload: { direct_message_events: [one], users: { [RANIA.id]: { data: { ...profile, username: RANIA.username } } } } } });
      const inbound = event(RANIA.id, NAJM.id, 'told twice &amp; once', id);
      const echo = event(NAJM.id, RANIA.id, 'typed in the app', '2089626283406262306');
      const bodies = [asAaa(inbound), asXaa(inbound, 'dm.received', '1'), asXaa(inbound, 'dm.received', '-2'), asXaa(echo, 'dm.sent', '3'), asAaa(echo), asXaa(echo, 'dm.sent', '4')];
      // At once, and again in another order.
      for (const round of [bodies, [...bodies].reverse()]) {
        const answers = await Promise.all(round.map((body) => deliver(service, channel, body)));
        expect(answers.map(({ status }) => status)).toEqual(round.map(() => 200));
        await processed();
      }
      const recorded = (await messages()).map(({ xMessageId, content, source, from, to }) => [xMessageId, content.text, source, source === 'participant' ? from.name : to.name]).sort();
      expect(recorded).toEqual([
        [id, 'told twice & once', 'participant', `@${RANIA.username}`],
        ['2089626283406262306', 'typed in the app', 'elsewhere', `@${RANIA.username}`],
      ]);
      const told = await eventually(async () => {
        const types = (await events()).map(({ type }) => type).filter((type) => type.startsWith('message.'));
        return types.length === 2 ? types.sort() : null;
      }, 'each is told once');
      expect(told).toEqual(['message.received', 'message.sent']);
      expect((await service.call('/v1/conversations')).body.data.map(({ window }) => window.used)).toEqual([0]);
    });
  });
});
