import { SubscriptionCheckJob } from '../../src/channels/connection/subscription-check.job.js';
import { MINUTE_MS } from '../../src/kernel/duration.js';
import { ExpiredWindowsJob } from '../../src/messaging/window/expired-windows.job.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, textLike } from './answers.js';
import { RANIA } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, startBoth, textTo } from './service.js';

describe('A channel whose credits at X are used up', () => {
  forEachEngine((engine) => {
    let clock: ManualClock;
    let both: Both;
    let id: string;

    beforeEach(async () => {
      clock = new ManualClock(Date.now());
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl() });
      id = (await connectNajm(both.service))['id'];
      await hear(both, RANIA.id);
    });
    afterEach(() => both.stop());

    /** Until credits are bought. */
    const useUp = (route: 'send' | 'list' | 'users' | 'verify' = 'send') => fault(both.sandbox, { route, kind: 'credits-depleted', times: null });
    const buy = () => both.sandbox.faults.remove();
    const send = async (text: string, number: string = RANIA.id): Promise<AnswerBody> => (await both.service.call('/v1/messages', { body: textTo(text, number) })).body;
    const statusOf = async ({ id: messageId }: AnswerBody) => (await both.service.call(`/v1/messages/${messageId}`)).body['status'];
    const channel = async () => (await both.service.call(`/v1/channels/${id}`)).body;
    const checkOf = async (name: string) => (await both.service.call(`/v1/channels/${id}/health`)).body['checks'].find((check) => check.name === name);
    const told = async (like: string) => (await queryDatabase<{ type: string }>(both.databaseUrl, `SELECT type FROM team_events WHERE type LIKE '${like}' ORDER BY id`)).map(({ type }) => type);
    const asked = () => both.sandbox.ledger.requests.filter(({ path }) => path.endsWith('/events/new.json')).length;
    const sent = () => both.sandbox.ledger.sends.map(({ text }) => text);

    it('holds its messages, is degraded and told of once, is tried by one message at a time, and goes on in order when X takes one', async () => {
      const others = [newcomer(both.sandbox), newcomer(both.sandbox)];
      useUp();
      const first = await send('first');
      expect(await messageIn(both.service, first['id'], 'held')).toMatchObject({ heldBecause: 'credits-depleted', charge: 'reply', heldUntil: textLike(/Z$/) });
      expect(await channel()).toMatchObject({ status: 'degraded', statusDetail: textLike(/credits.+Buy credits/) });
      expect(await checkOf('credits')).toMatchObject({ ok: false, remedy: textLike(/Buy credits/) });
      const second = await send('second');
      const third = await send('third', others[0]);
      const fourth = await send('fourth', others[1]);
      for (const message of [second, third, fourth]) {
        expect(message).toMatchObject({ status: 'held', heldBecause: 'credits-depleted' });
      }
      const check = await both.service.call('/v1/messages/check', { body: textTo('would it go?') });
      expect(check.body).toMatchObject({ allowed: true, outcome: 'hold', reasons: [{ code: 'credits-depleted' }] });
      expect(asked()).toBe(1);

      // Each wait is longer than the one before, and one message tries after each.
      const waits: number[] = [];
      for (let tries = 2; tries <= 4; tries += 1) {
        const began = clock.now();
        await eventually(() => {
          clock.advance(2_000);
          expect(asked()).toBe(tries);
        }, `try ${tries}`, { everyMs: 120, withinMs: 20_000 });
        waits.push(clock.now() - began);
        await eventually(async () => expect([await statusOf(first), (await both.service.call(`/v1/messages/${first['id']}`)).body['heldUntil']]).toEqual(['held', textLike(/Z$/)]), 'it is held again');
      }
      expect(waits[1]).toBeGreaterThan((waits[0] as number) * 1.2);
      expect(waits[2]).toBeGreaterThan((waits[1] as number) * 1.2);
      await both.service.app.get(SubscriptionCheckJob).run();
      expect((await channel())['status']).toBe('degraded');
      expect(await told('channel.%')).toEqual(['channel.connected', 'channel.degraded']);
      expect(await told('message.held')).toHaveLength(4);

      buy();
      await eventually(async () => {
        clock.advance(5_000);
        expect(await Promise.all([first, second, third, fourth].map(statusOf))).toEqual(['sent', 'sent', 'sent', 'sent']);
      }, 'all are sent', { everyMs: 120, withinMs: 30_000 });
      expect(sent().filter((text) => text === 'first' || text === 'second')).toEqual(['first', 'second']);
      expect([...sent()].sort()).toEqual(['first', 'fourth', 'second', 'third']);
      await eventually(async () => expect(await channel()).toMatchObject({ status: 'connected', statusDetail: null }), 'it is connected');
      expect(await checkOf('credits')).toMatchObject({ ok: true });
      expect(await told('channel.%')).toEqual(['channel.connected', 'channel.degraded', 'channel.connected']);
    });

    it('tries at once when a person runs its checks', async () => {
      useUp();
      const first = await send('first');
      await messageIn(both.service, first['id'], 'held');
      buy();
      expect((await both.service.call(`/v1/channels/${id}/checks`, { method: 'POST' })).body['status']).toBe('degraded');
      await messageIn(both.service, first['id'], 'sent');
      await eventually(async () => expect((await channel())['status']).toBe('connected'), 'it is connected');
    });

    it('lets its messages expire and be cancelled, and another one tries', async () => {
      useUp();
      const first = await send('first');
      await messageIn(both.service, first['id'], 'held');
      const validUntil = new Date(clock.now() + MINUTE_MS).toISOString();
      const brief = (await both.service.call('/v1/messages', { body: { ...textTo('brief'), validUntil } })).body;
      const last = await send('last');
      expect((await both.service.call(`/v1/messages/${first['id']}`, { method: 'DELETE' })).status).toBe(204);
      clock.advance(MINUTE_MS);
      await both.service.app.get(ExpiredWindowsJob).run();
      await messageIn(both.service, brief['id'], 'expired');
      buy();
      await eventually(async () => {
        clock.advance(5_000);
        expect(await statusOf(last)).toBe('sent');
      }, 'the last is sent', { everyMs: 120, withinMs: 30_000 });
      expect(sent()).toEqual(['last']);
    });

    it('holds its messages also when the participant writes again, and they cost what the new window says', async () => {
      useUp();
      const first = await send('first');
      await messageIn(both.service, first['id'], 'held');
      clock.advance(1_000);
      await hear(both, RANIA.id, 'Are you there?');
      expect((await both.service.call(`/v1/messages/${first['id']}`)).body).toMatchObject({ status: 'held', heldBecause: 'credits-depleted', charge: 'reply', window: { used: 1 } });
      expect([asked(), await told('message.held')]).toEqual([1, ['message.held']]);
    });

    it('holds what is sent after X refused another call for want of credits', async () => {
      useUp('users');
      const named = await both.service.call('/v1/messages', { body: { ...textTo('by name'), to: { username: RANIA.username } } });
      expect([named.status, named.body['code']]).toEqual([422, 'channel.credits-depleted']);
      expect(await channel()).toMatchObject({ status: 'degraded' });
      expect(await send('after it')).toMatchObject({ status: 'held', heldBecause: 'credits-depleted' });
    });

    it('is degraded by a look that X does not take, keeps what it knew of the line, and is well again by the next that X does', async () => {
      useUp('verify');
      await both.service.app.get(SubscriptionCheckJob).run();
      expect(await channel()).toMatchObject({ status: 'degraded' });
      expect([await checkOf('credentials'), await checkOf('subscription'), await checkOf('credits')]).toMatchObject([{ ok: true }, { ok: true }, { ok: false }]);
      buy();
      await both.service.app.get(SubscriptionCheckJob).run();
      expect(await channel()).toMatchObject({ status: 'connected' });
      expect(await told('channel.%')).toEqual(['channel.connected', 'channel.degraded', 'channel.connected']);
    });

    it('stays degraded for what else is wrong with it', async () => {
      useUp();
      const first = await send('first');
      await messageIn(both.service, first['id'], 'held');
      fault(both.sandbox, { route: 'webhooks', kind: 'status', status: 403, code: 453, times: null });
      await both.service.app.get(SubscriptionCheckJob).run();
      both.sandbox.faults.remove('1');
      await eventually(async () => {
        clock.advance(5_000);
        expect(await statusOf(first)).toBe('sent');
      }, 'it is sent', { everyMs: 120, withinMs: 30_000 });
      await eventually(async () => expect(await checkOf('credits')).toMatchObject({ ok: true }), 'there are credits');
      expect(await channel()).toMatchObject({ status: 'degraded', statusDetail: textLike(/Account Activity/) });
    });
  });
});
