import { SubscriptionCheckJob } from '../../src/channels/connection/subscription-check.job.js';
import { IncomingMessages } from '../../src/messaging/incoming/incoming-messages.service.js';
import { RecoveryJob } from '../../src/messaging/recovery/recovery.job.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import type { AnswerBody } from './answers.js';
import { FIBRE, NAJM, RANIA, TOM } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, connectFibre, connectNajm, fault, hear, messageIn, type Service, startBoth, startService, textTo } from './service.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** The test alone runs the jobs. */
const BY_HAND = { TWITTER_CHANNEL__TIMETABLE__RECOVERY_MS: String(20 * DAY_MS), TWITTER_CHANNEL__TIMETABLE__SUBSCRIPTION_CHECK_MS: String(20 * DAY_MS) };

describe('What the webhook missed', () => {
  forEachEngine((engine) => {
    let clock: ManualClock;
    let both: Both;
    let service: Service;
    let id: string;

    beforeEach(async () => {
      clock = new ManualClock();
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: BY_HAND, x: { documentedWindows: true } });
      service = both.service;
      id = (await connectNajm(service))['id'];
      await recover();
    });
    afterEach(async () => {
      expect(both.sandbox.ledger.requests.filter(({ path, status }) => path.includes('events/list') && status === 429)).toEqual([]);
      await both.stop();
    });

    const recover = () => service.app.get(RecoveryJob).run();
    const restartAfter = async (meanwhile: () => Promise<void>): Promise<void> => {
      const port = Number(new URL(service.url).port);
      await service.stop();
      await meanwhile();
      service = await startService({ databaseUrl: both.databaseUrl, sandboxUrl: both.sandbox.url, clock, port, env: BY_HAND });
      both.service.stop = service.stop;
    };
    /** A participant writes, and X does not tell us. */
    const miss = async (text: string, from: string = RANIA.id): Promise<string> => (await both.sandbox.conversations.write(from, 'participant', { to: NAJM.id, text, deliver: false })).eventId;
    const inbound = async (): Promise<AnswerBody[]> => (await service.call('/v1/messages?direction=inbound&limit=100')).body['data'];
    const lists = () => both.sandbox.ledger.requests.filter(({ path }) => path.includes('events/list')).length;

    it('is read back an hour later at most, once, marked, and opens the window at X’s time of it', async () => {
      await hear(both, TOM.id, 'delivered');
      clock.advance(MINUTE_MS);
      const eventId = await miss('dropped');
      const saidAt = new Date(clock.now()).toISOString();
      clock.advance(HOUR_MS);
      expect(await recover()).toEqual({ channels: 1, pages: 1, recovered: 1 });
      const found = await inbound();
      expect(found.map(({ content, recovered }) => [content.text, recovered])).toEqual([['dropped', true], ['delivered', false]]);
      expect(found[0]).toMatchObject({ xMessageId: eventId, sentAt: saidAt, from: { number: RANIA.id }, window: { open: true, openedAt: saidAt, used: 0 } });

      const { body: health } = await service.call(`/v1/channels/${id}/checks`, { method: 'POST' });
      expect(health.checks.find(({ name }) => name === 'event-flow')?.detail).toContain(`1 so far, the last at ${new Date(clock.now()).toISOString()}`);

      // X tells of it after all.
      await both.sandbox.conversations.redeliver(eventId);
      clock.advance(HOUR_MS);
      expect(await recover()).toMatchObject({ recovered: 0 });
      expect(await inbound()).toHaveLength(2);
    });

    it('is not looked for before it is time, where nothing tells of a gap', async () => {
      await miss('dropped');
      clock.advance(HOUR_MS - MINUTE_MS);
      expect(await recover()).toEqual({ channels: 0, pages: 0, recovered: 0 });
    });

    it('is read back at once when the check has mended the line', async () => {
      both.sandbox.webhooks.invalidate(both.sandbox.overview.webhooks()[0]?.id ?? '');
      await miss('while it was invalid');
      expect((await both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'this too' })).delivery).toBeNull();
      await service.app.get(SubscriptionCheckJob).run();
      expect(await recover()).toMatchObject({ recovered: 2 });
      expect((await inbound()).map(({ content }) => content.text)).toEqual(['this too', 'while it was invalid']);
    });

    it('is read back when we come up again after a day', async () => {
      await restartAfter(async () => {
        for (let hour = 0; hour < 24; hour += 1) {
          await both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: `hour ${hour}` });
          clock.advance(HOUR_MS);
        }
        await both.sandbox.whenIdle();
      });
      expect(await recover()).toMatchObject({ recovered: 24 });
      expect((await inbound()).map(({ content }) => content.text)).toEqual(Array.from({ length: 24 }, (_, n) => `hour ${23 - n}`));
    });

    it('is read back at once when we come up again after five minutes', async () => {
      await restartAfter(async () => {
        await both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'is anybody there?' });
        clock.advance(5 * MINUTE_MS);
      });
      expect(await recover()).toMatchObject({ recovered: 1 });
    });

    it('goes on where it was, also after a restart, when X’s limit of reads ends it', async () => {
      const texts = Array.from({ length: 420 }, (_, n) => `missed ${n}`);
      for (const text of texts) {
        await miss(text);
        clock.advance(1_000);
      }
      clock.advance(HOUR_MS);
      let restarts = 0;
      for (let minutes = 0; minutes < 60 && (await inboundCount()) < texts.length; minutes += 1) {
        await recover();
        if ([2, 5, 9].includes(minutes)) {
          restarts += 1;
          await restartAfter(() => Promise.resolve());
        }
        clock.advance(MINUTE_MS);
      }
      expect([await inboundCount(), restarts]).toEqual([texts.length, 3]);
      // Nine pages, and the restarts have read none of them again: each began one more look at the newest.
      expect(lists()).toBeLessThanOrEqual(9 + 3 + 1);
    });

    const inboundCount = async (): Promise<number> => Number((await queryDatabase<{ n: number }>(both.databaseUrl, "SELECT count(*) AS n FROM messages WHERE direction = 'inbound'"))[0]?.n);

    it('begins anew from the top when X does not take the cursor any more', async () => {
      for (let n = 0; n < 120; n += 1) {
        await miss(`missed ${n}`);
      }
      clock.advance(HOUR_MS);
      fault(both.sandbox, { route: 'list', kind: 'status', status: 503 });
      expect(await recover()).toMatchObject({ pages: 0 });
      clock.advance(MINUTE_MS);
      await queryDatabase(both.databaseUrl, "UPDATE recoveries SET cursor = 'bm90IGEgY3Vyc29y'");
      for (let minutes = 0; minutes < 15; minutes += 1) {
        await recover();
        clock.advance(MINUTE_MS);
      }
      expect(await inboundCount()).toBe(120);
      const refused = both.sandbox.ledger.requests.filter(({ path, status }) => path.includes('events/list') && status === 400);
      expect(refused).toHaveLength(1);
    });

    it('of one channel is read also where that of another cannot be recorded', async () => {
      const fibre = await connectFibre(service);
      await miss('for the one');
      await both.sandbox.conversations.write(RANIA.id, 'participant', { to: FIBRE.id, text: 'for the other', deliver: false });
      clock.advance(HOUR_MS);
      const incoming = service.app.get(IncomingMessages, { strict: false });
      const record = incoming.record.bind(incoming);
      const failing = jest.spyOn(incoming, 'record').mockImplementation((channel, ...rest) => (channel.id === id ? Promise.reject(new Error('broken on purpose')) : record(channel, ...rest)));
      expect(await recover()).toMatchObject({ channels: 2, recovered: 1 });
      failing.mockRestore();
      expect((await inbound()).map(({ channelId }) => channelId)).toEqual([fibre['id']]);
      clock.advance(5 * MINUTE_MS);
      expect(await recover()).toMatchObject({ recovered: 1 });
      expect(await inbound()).toHaveLength(2);
    });

    it('is read over v2 where the app’s access does not include v1.1’s history', async () => {
      fault(both.sandbox, { route: 'list', kind: 'status', status: 403, code: 453, times: null });
      await both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'see <this> & that', photo: true, deliver: false });
      clock.advance(HOUR_MS);
      expect(await recover()).toMatchObject({ recovered: 1 });
      expect((await inbound())[0]).toMatchObject({ recovered: true, content: { type: 'media', text: 'see <this> & that', media: { kind: 'photo' } }, window: { open: true } });
    });

    it('is left alone while the channel is revoked or disconnected, and read when it is connected again', async () => {
      await service.call(`/v1/channels/${id}/disconnect`, { method: 'POST' });
      await miss('meanwhile');
      clock.advance(DAY_MS);
      const before = lists();
      expect(await recover()).toEqual({ channels: 0, pages: 0, recovered: 0 });
      expect(lists()).toBe(before);
      await service.call(`/v1/channels/${id}/connect`, { method: 'POST' });
      expect(await recover()).toMatchObject({ recovered: 1 });
    });

    it('settles a message of ours whose fate nobody knew, and is not taken for one typed elsewhere', async () => {
      await hear(both, RANIA.id);
      fault(both.sandbox, { route: 'send', kind: 'accept-then-500' });
      fault(both.sandbox, { route: 'echo', kind: 'echo-drop' });
      const { body } = await service.call('/v1/messages', { body: textTo('did it arrive?') });
      await messageIn(service, body['id'], 'unknown');
      clock.advance(HOUR_MS);
      await recover();
      expect(await messageIn(service, body['id'], 'sent')).toMatchObject({ recovered: false });
      const sent = (await service.call('/v1/messages?direction=outbound')).body['data'];
      expect(sent.map(({ source }) => source)).toEqual(['api']);
    });

    it('is what a person of the brand typed in an app of X, too', async () => {
      await both.sandbox.conversations.write(NAJM.id, 'brand', { to: RANIA.id, text: 'typed by hand', deliver: false });
      clock.advance(HOUR_MS);
      await recover();
      const [typed] = (await service.call('/v1/messages?direction=outbound')).body['data'];
      expect(typed).toMatchObject({ source: 'elsewhere', status: 'sent', recovered: true, content: { text: 'typed by hand' } });
    });

    it('leaves reads of X’s history to the looks for unknown messages', async () => {
      for (let n = 0; n < 1_000; n += 1) {
        await miss(`missed ${n}`);
      }
      clock.advance(HOUR_MS);
      for (let minute = 0; minute < 14; minute += 1) {
        await recover();
        clock.advance(MINUTE_MS);
      }
      const [budget] = await queryDatabase<{ calls: string }>(both.databaseUrl, `SELECT calls FROM x_call_budgets WHERE subject = 'history ${NAJM.id}'`);
      expect((JSON.parse(budget?.calls ?? '[]') as number[]).length).toBeLessThanOrEqual(8);
      await eventually(async () => expect(await inboundCount()).toBeGreaterThan(300), 'much is there already');
    });
  });
});
