import { CleanUpJob } from '../../src/retention/clean-up.job.js';
import { RecoveryJob } from '../../src/messaging/recovery/recovery.job.js';
import { DAY_MS, HOUR_MS } from '../../src/kernel/duration.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { Receiver } from '../support/receiver.js';
import { queryDatabase } from './database.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';

const TABLES = ['messages', 'conversations', 'attempts', 'message_steps', 'team_events', 'deliveries', 'webhook_events', 'start_permissions', 'idempotency_keys', 'event_sequences', 'erasures'];

describe('Erasing a participant', () => {
  forEachEngine((engine) => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let service: Service;
    let receiver: Receiver;
    let channelId: string;

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__CALLBACKS__POLL_MS: '20', TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1' } });
      service = both.service;
      channelId = (await connectNajm(service))['id'];
      receiver = await Receiver.start();
      await service.call('/v1/callbacks', { body: { url: receiver.url, events: ['*'] } });
    });
    afterAll(async () => {
      await both.stop();
      await receiver.stop();
    });

    const erase = (number: string) => service.call(`/v1/participants/${channelId}/${number}`, { method: 'DELETE' });
    /** All that the database holds, as text. */
    const everything = async (): Promise<string> => (await Promise.all(TABLES.map((table) => queryDatabase(both.databaseUrl, `SELECT * FROM ${table}`)))).map((rows) => JSON.stringify(rows)).join('\n');
    const quiet = () => eventually(async () => ((await queryDatabase(both.databaseUrl, "SELECT 1 FROM deliveries WHERE status = 'pending'")).length === 0 && (await queryDatabase(both.databaseUrl, 'SELECT 1 FROM team_events WHERE position IS NULL')).length === 0 ? true : null), 'everything is delivered');

    it('leaves nothing of them in messages, raw events, deliveries, the feed or kept answers, and everything of the others', async () => {
      const [erased, kept] = [newcomer(both.sandbox), newcomer(both.sandbox)];
      // X is asked who may be written to first, and its word is kept.
      await service.call('/v1/messages/check', { body: textTo('Hello', erased) });
      expect(await queryDatabase(both.databaseUrl, `SELECT 1 FROM start_permissions WHERE participant_id = '${erased}'`)).toHaveLength(1);
      await hear(both, erased, 'My secret is pistachio');
      await hear(both, kept, 'Mine is vanilla');
      for (const [number, text] of [[erased, 'We keep pistachio to ourselves'], [kept, 'We keep vanilla to ourselves']] as const) {
        const { body } = await service.call('/v1/messages', { body: textTo(text, number), headers: { 'idempotency-key': `for-${number}` } });
        await messageIn(service, body['id'], 'sent');
      }
      const { body: later } = await service.call('/v1/messages', { body: { ...textTo('Later pistachio', erased), beyondAllotment: 'hold' } });
      await messageIn(service, later['id'], 'sent');
      await quiet();
      const before = await everything();
      expect(before).toContain('pistachio');
      expect(before).toContain(erased);
      const feedBefore = (await service.call('/v1/events?limit=100')).body['data'];

      expect((await erase(erased)).status).toBe(204);
      const after = await everything();
      expect(after).not.toContain('pistachio');
      expect(after).not.toContain(erased);
      expect(after).toContain('vanilla');
      expect(after).toContain(kept);
      // Sealed, so that no text shows what is in it.
      expect(await queryDatabase(both.databaseUrl, `SELECT key FROM idempotency_keys WHERE key LIKE 'for-%'`)).toEqual([{ key: `for-${kept}` }]);

      const feed = await service.call('/v1/events?limit=100');
      expect(feed.text).not.toContain('pistachio');
      expect(feed.body['data'].length).toBeLessThan(feedBefore.length);
      // A reader who stopped at an event that is gone goes on from it.
      const gone = feedBefore.find(({ id }) => !feed.body['data'].some((event) => event.id === id));
      expect((await service.call(`/v1/events?after=${gone?.id}`)).status).toBe(200);
      expect((await erase(erased)).status).toBe(204);
    });

    it('is not undone by what X tells again: a repeated event, or its history', async () => {
      const participant = newcomer(both.sandbox);
      const { xMessageId } = await hear(both, participant, 'Forget cardamom');
      await erase(participant);
      clock.advance(HOUR_MS);
      await both.sandbox.conversations.redeliver(xMessageId);
      await queryDatabase(both.databaseUrl, `UPDATE recoveries SET due_at = 0, gap_at = ${clock.now() - 2 * HOUR_MS}, complete_until = ${clock.now() - 2 * HOUR_MS}`);
      await service.app.get(RecoveryJob, { strict: false }).run();
      const { text } = await service.call('/v1/messages?limit=100');
      expect(text).not.toContain('cardamom');
      expect((await service.call('/v1/conversations?limit=100')).text).not.toContain(participant);
      // They are free to write again.
      await hear(both, participant, 'It is me again');
      expect((await service.call('/v1/messages?limit=100')).text).toContain('It is me again');
    });

    it('waits for a message that is on its way', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      fault(both.sandbox, { route: 'send', kind: 'delay', delayMs: 800 });
      const { body } = await service.call('/v1/messages', { body: textTo('On its way', participant) });
      await messageIn(service, body['id'], 'sending');
      const refused = await erase(participant);
      expect([refused.status, refused.body['code'], refused.headers.get('retry-after')]).toEqual([409, 'participant.message-under-way', '5']);
      await messageIn(service, body['id'], 'sent');
      expect((await erase(participant)).status).toBe(204);
    });

    it('is for one’s own channels, and for people whom X knows by a number', async () => {
      const { body: other } = await service.call('/v1/api-keys', { body: { team: 'others', scopes: ['channels:write'] } });
      expect((await service.call(`/v1/participants/${channelId}/84391207`, { method: 'DELETE', key: other['key'] })).body['code']).toBe('channel.not-found');
      expect((await erase('rania')).body['code']).toBe('request.invalid');
    });

    it('also comes by itself: what was kept long enough goes, of each channel by its own days', async () => {
      const participant = newcomer(both.sandbox);
      const { id } = await hear(both, participant, 'Kept for a while');
      await quiet();
      const cleanUp = () => service.app.get(CleanUpJob, { strict: false }).run();
      clock.advance(31 * DAY_MS);
      const first = await cleanUp();
      expect(first).toMatchObject({ messages: 0 });
      expect(first['webhookEvents']).toBeGreaterThan(0);
      expect(first['deliveries']).toBeGreaterThan(0);
      expect(first['events']).toBeGreaterThan(0);
      expect((await service.call(`/v1/messages/${id}`)).status).toBe(200);
      await service.call(`/v1/channels/${channelId}`, { method: 'PATCH', body: { policy: { keepMessagesDays: 30 } } });
      await hear(both, participant, 'Newer');
      expect((await cleanUp())['messages']).toBeGreaterThan(0);
      expect((await service.call(`/v1/messages/${id}`)).status).toBe(404);
      expect((await service.call('/v1/messages?limit=100')).body['data'].map(({ content }) => content.text)).toEqual(['Newer']);
      expect((await service.call('/v1/conversations?limit=100')).body['data'].map(({ participant: { number } }) => number)).toEqual([participant]);
      expect((await service.call(`/v1/channels/${channelId}`, { method: 'PATCH', body: { policy: { keepMessagesDays: null } } })).body).toMatchObject({ policy: { beyondAllotment: 'count' } });
    });
  });
});
