import { DAY_MS, HOUR_MS } from '../../src/kernel/duration.js';
import { RecoveryJob } from '../../src/messaging/recovery/recovery.job.js';
import { CleanUpJob } from '../../src/retention/clean-up.job.js';
import type { ChannelUsageDto } from '../../src/usage/usage.dto.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, textLike } from './answers.js';
import { NAJM, RANIA } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, fault, hear, messageIn, NAJM_CHANNEL, newcomer, startBoth, startService, textTo } from './service.js';

const NOON = Date.parse('2026-11-27T12:00:00.000Z');
const TODAY = '2026-11-27';

describe('What a channel costs at X', () => {
  forEachEngine((engine) => {
    let clock: ManualClock;
    let both: Both;
    let id: string;

    beforeEach(async () => {
      clock = new ManualClock(NOON);
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl() });
      const channel = await both.service.call('/v1/channels', { body: { ...NAJM_CHANNEL, messagesApi: 'v2' } });
      id = channel.body['id'];
      await both.service.call(`/v1/channels/${id}/connect`, { method: 'POST' });
      await both.service.app.get(RecoveryJob).run();
    });
    afterEach(() => both.stop());

    const usage = async (query = '') => (await both.service.call<ChannelUsageDto>(`/v1/channels/${id}/usage${query}`)).body;
    const today = async () => {
      const { days } = await usage(`?from=${TODAY}&to=${TODAY}`);
      return days[0] as ChannelUsageDto['days'][number];
    };
    const countOf = async (kind: string): Promise<number> => (await today()).charges.filter((charge) => charge.kind === kind).reduce((sum, { count }) => sum + count, 0);
    const patch = (body: unknown) => both.service.call(`/v1/channels/${id}`, { method: 'PATCH', body });
    const send = async (text: string, number: string = RANIA.id, service = both.service): Promise<AnswerBody> => (await service.call('/v1/messages', { body: textTo(text, number) })).body;
    const isSent = (message: AnswerBody) => messageIn(both.service, message['id'], 'sent');
    const statusOf = async ({ id: messageId }: AnswerBody) => (await both.service.call(`/v1/messages/${messageId}`)).body['status'];
    const sent = () => both.sandbox.ledger.sends.map(({ text }) => text);

    it('is counted by kind and generation, and priced where X publishes a price', async () => {
      await hear(both, RANIA.id);
      await hear(both, RANIA.id, 'Again');
      await isSent(await send('one'));
      await isSent(await send('two'));
      await patch({ messagesApi: 'v1.1' });
      await isSent(await send('three'));
      await both.service.call('/v1/messages', { body: { ...textTo('by name'), to: { username: RANIA.username } } });
      await isSent(await send('to a stranger', newcomer(both.sandbox)));
      const { id: fan } = both.sandbox.people.addParticipant({ name: 'Fan', screenName: 'fan' });
      await both.sandbox.people.relate('follow', fan, NAJM.id);
      await eventually(async () => expect(await countOf('follow')).toBe(1), 'the follow is counted');
      await both.sandbox.whenIdle();
      const { charges, estimate, isComplete } = await today();
      expect(charges).toEqual([
        { kind: 'message-received', api: 'account-activity-premium', count: 2, price: null, amount: null },
        { kind: 'follow', api: 'account-activity-premium', count: 1, price: null, amount: null },
        { kind: 'message-sent', api: 'v1.1', count: 3, price: null, amount: null },
        { kind: 'message-sent', api: 'v2', count: 2, price: '0.015', amount: '0.03' },
        { kind: 'person-read', api: 'v1.1', count: 2, price: null, amount: null },
      ]);
      expect([estimate, isComplete]).toEqual(['0.03', false]);
    });

    it('counts each message of X’s history that X answered', async () => {
      await hear(both, RANIA.id);
      await hear(both, RANIA.id, 'Again');
      clock.advance(2 * HOUR_MS);
      await both.service.app.get(RecoveryJob).run();
      expect(await countOf('message-read')).toBe(2);
      expect(await countOf('message-received')).toBe(2);
    });

    it('does not count what X certainly did not take, and counts what it may have taken until that is known', async () => {
      await hear(both, RANIA.id);
      fault(both.sandbox, { route: 'send', kind: 'status', status: 403, code: 354 });
      await messageIn(both.service, (await send('refused'))['id'], 'failed');
      expect(await countOf('message-sent')).toBe(0);
      fault(both.sandbox, { route: 'list', kind: 'status', status: 503, times: null });
      fault(both.sandbox, { route: 'dm-events', kind: 'status', status: 503, times: null });
      fault(both.sandbox, { route: 'send', kind: 'html-error' });
      const unclear = await send('unclear');
      await messageIn(both.service, unclear['id'], 'unknown');
      expect(await countOf('message-sent')).toBe(1);
      await both.service.call(`/v1/messages/${unclear['id']}/resolution`, { body: { outcome: 'not-sent' } });
      expect(await countOf('message-sent')).toBe(0);
    }, 30_000);

    it('is told of days that can be asked for together, and of no others', async () => {
      const whole = await usage();
      expect([whole.from, whole.to, whole.days.length, whole.dailyCap]).toEqual(['2026-10-29', TODAY, 30, null]);
      expect(whole.days.map(({ day }) => day)).toEqual([...whole.days.map(({ day }) => day)].sort());
      expect((await usage('?from=2026-08-28&to=2026-11-27')).days).toHaveLength(92);
      for (const query of ['?from=2026-08-27&to=2026-11-27', '?from=2026-11-28', '?from=2026-11-02&to=2026-11-01']) {
        const { status, body } = await both.service.call(`/v1/channels/${id}/usage${query}`);
        expect([status, body['code']]).toEqual([422, 'usage.days-not-answerable']);
      }
      for (const query of ['?from=yesterday', '?to=2026-02-30', '?day=2026-11-27']) {
        expect((await both.service.call(`/v1/channels/${id}/usage${query}`)).status).toBe(400);
      }
    });

    it('is the same after the days that are over were made compact', async () => {
      await hear(both, RANIA.id);
      for (const text of ['one', 'two', 'three']) {
        await isSent(await send(text));
      }
      const before = await today();
      const rows = () => queryDatabase(both.databaseUrl, "SELECT id FROM usage_log WHERE kind = 'message-sent'");
      await both.service.app.get(CleanUpJob).run();
      expect(await rows()).toHaveLength(3);
      clock.advance(DAY_MS);
      await both.service.app.get(CleanUpJob).run();
      expect(await rows()).toHaveLength(1);
      expect(await today()).toEqual(before);
      clock.advance(401 * DAY_MS);
      await both.service.app.get(CleanUpJob).run();
      expect(await rows()).toHaveLength(0);
    });

    it('stays within the channel’s cap for the day: what is beyond waits for the next, in order, and every answer says so', async () => {
      expect((await patch({ policy: { dailyCap: 2 } })).body).toMatchObject({ policy: { dailyCap: 2 } });
      await hear(both, RANIA.id);
      await isSent(await send('one'));
      await isSent(await send('two'));
      expect((await usage()).dailyCap).toEqual({ limit: 2, used: 2, remaining: 0, resetsAt: '2026-11-28T00:00:00.000Z' });
      const check = await both.service.call('/v1/messages/check', { body: textTo('three') });
      expect(check.body).toMatchObject({ allowed: true, outcome: 'hold', reasons: [{ code: 'daily-cap', detail: textLike(/next day/) }], heldUntil: '2026-11-28T00:00:00.000Z' });
      const held: AnswerBody[] = [];
      for (const text of ['three', 'four', 'five']) {
        held.push(await send(text));
      }
      for (const message of held) {
        expect(message).toMatchObject({ status: 'held', heldBecause: 'daily-cap', heldUntil: '2026-11-28T00:00:00.000Z' });
      }
      clock.set(Date.parse('2026-11-27T23:59:59.000Z'));
      await both.sandbox.whenIdle();
      expect(sent()).toEqual(['one', 'two']);
      clock.set(Date.parse('2026-11-28T00:00:00.000Z'));
      await Promise.all(held.slice(0, 2).map(isSent));
      expect(await statusOf(held[2] as AnswerBody)).toBe('held');
      expect(sent()).toEqual(['one', 'two', 'three', 'four']);

      await patch({ policy: { dailyCap: null } });
      await isSent(held[2] as AnswerBody);
      expect(sent().at(-1)).toBe('five');
      const told = await queryDatabase(both.databaseUrl, "SELECT id FROM team_events WHERE type = 'message.held'");
      expect(told).toHaveLength(3);
    });

    it('counts the parts of a long text in a check', async () => {
      await patch({ policy: { dailyCap: 1 } });
      await hear(both, RANIA.id);
      const content = { type: 'text', text: 'word '.repeat(2_500) };
      const body = { ...textTo(''), content, splitLongText: true };
      expect((await both.service.call('/v1/messages/check', { body })).body).toMatchObject({ outcome: 'hold', reasons: [{ code: 'daily-cap' }] });
    });

    it('gives nobody the last place of a day twice, and counts a message that X did not take no more', async () => {
      const second = engine.name === 'postgres' ? await startService({ databaseUrl: both.databaseUrl, sandboxUrl: both.sandbox.url, clock }) : null;
      try {
        await patch({ policy: { dailyCap: 7 } });
        await eventually(async () => expect((await (second ?? both.service).call(`/v1/channels/${id}`)).body).toMatchObject({ policy: { dailyCap: 7 } }), 'all know of the cap');
        const people = Array.from({ length: 20 }, () => newcomer(both.sandbox));
        for (const person of people) {
          await hear(both, person);
        }
        // Two of them are refused for good, and their places are others'.
        fault(both.sandbox, { route: 'send', kind: 'status', status: 403, code: 354, times: 2 });
        const messages = await Promise.all(people.map((person, n) => send(`to ${n}`, person, n % 2 === 0 || second === null ? both.service : second)));
        const statuses = async () => (await Promise.all(messages.map(statusOf))).map(String).sort();
        const expected = [...Array<string>(2).fill('failed'), ...Array<string>(11).fill('held'), ...Array<string>(7).fill('sent')];
        await eventually(async () => expect(await statuses()).toEqual(expected), 'seven are sent', { withinMs: 20_000 });
        expect(sent()).toHaveLength(7);
        expect((await usage()).dailyCap).toMatchObject({ used: 7, remaining: 0 });
        expect(await countOf('message-sent')).toBe(7);
        const attempts = await queryDatabase(both.databaseUrl, "SELECT id FROM attempts WHERE outcome = 'sent'");
        expect(attempts).toHaveLength(7);
      } finally {
        await second?.stop();
      }
    }, 60_000);
  });
});
