import { Webhook } from 'standardwebhooks';
import { ExpiredWindowsJob } from '../../src/messaging/window/expired-windows.job.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/duration.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { Receiver, respondWith } from '../support/receiver.js';
import type { AnswerBody } from './answers.js';
import { NAJM, RANIA } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';

const DELAYS = [0, 5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS];

describe('Callbacks', () => {
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
    });
    afterAll(() => both.stop());
    beforeEach(async () => {
      receiver = await Receiver.start();
    });
    afterEach(async () => {
      for (const { id } of (await service.call('/v1/callbacks?limit=100')).body['data']) {
        await service.call(`/v1/callbacks/${id}`, { method: 'DELETE' });
      }
      await receiver.stop();
    });

    const make = async (wanted: Record<string, unknown> = {}): Promise<AnswerBody> => {
      const { status, body } = await service.call('/v1/callbacks', { body: { url: receiver.url, events: ['*'], ...wanted } });
      expect(status).toBe(201);
      return body;
    };
    const told = (count: number) => eventually(() => (receiver.calls.length >= count ? receiver.inSequence : null), `the receiver is told ${count} times`);
    const deliveryOf = (callbackId: string, status: string) =>
      eventually(async () => (await service.call(`/v1/deliveries?callbackId=${callbackId}&status=${status}`)).body['data'][0] ?? null, `a delivery is ${status}`);
    const callback = async (id: string) => (await service.call(`/v1/callbacks/${id}`)).body;

    it('are told of what happens, signed by the rules of Standard Webhooks, with the message as REST shows it', async () => {
      const { id, secret } = await make();
      const participant = newcomer(both.sandbox);
      const { id: messageId } = await hear(both, participant, 'Is anybody there?');
      const calls = await told(2);
      expect(receiver.types).toEqual(['conversation.window-opened', 'message.received']);
      const received = calls[1];
      const verified = new Webhook(secret).verify(received?.text ?? '', received?.headers as Record<string, string>) as Record<string, unknown>;
      expect(verified).toEqual({ id: received?.headers['webhook-id'], type: 'message.received', occurredAt: expect.any(String) as string, sequence: 2, channelId, data: (await service.call(`/v1/messages/${messageId}`)).body });
      expect(() => new Webhook(secret).verify(`${received?.text} `, received?.headers as Record<string, string>)).toThrow();
      expect((await deliveryOf(id, 'delivered'))['attempts']).toEqual([{ at: expect.any(String) as string, status: 204, detail: null, durationMs: expect.any(Number) as number }]);
    });

    it('number the events of a conversation without a gap, and carry the request id that a send came with', async () => {
      await make();
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      const { body } = await service.call('/v1/messages', { body: textTo('Yes', participant), headers: { 'x-request-id': 'trace-77' } });
      await messageIn(service, body['id'], 'sent');
      await both.sandbox.conversations.read(participant, { brand: NAJM.id });
      const calls = await told(4);
      expect(calls.map(({ event: { sequence } }) => sequence)).toEqual([1, 2, 3, 4]);
      expect(receiver.types).toEqual(['conversation.window-opened', 'message.received', 'message.sent', 'message.read']);
      expect(calls.map(({ headers }) => headers['x-request-id'])).toEqual([undefined, undefined, 'trace-77', 'trace-77']);
    });

    it('tell of what fails, is held and expires, each once', async () => {
      await make({ events: ['message.failed', 'message.held', 'message.expired', 'message.sent'] });
      const participant = newcomer(both.sandbox);
      const { body: held } = await service.call('/v1/messages', { body: { ...textTo('Later', participant), beyondAllotment: 'hold', validUntil: new Date(clock.now() + MINUTE_MS).toISOString() } });
      await told(1);
      clock.advance(2 * MINUTE_MS);
      await service.app.get(ExpiredWindowsJob, { strict: false }).run();
      await told(2);
      fault(both.sandbox, { route: 'send', kind: 'status', status: 403, code: 349, message: 'You cannot send messages to this user.' });
      const { body: failed } = await service.call('/v1/messages', { body: textTo('Now', participant) });
      await told(3);
      expect(receiver.inSequence.map(({ event }) => [event.type, event.data['id']])).toEqual([
        ['message.held', held['id']],
        ['message.expired', held['id']],
        ['message.failed', failed['id']],
      ]);
    });

    it('tell that a participant of a conversation types, not of a stranger and not of the brand', async () => {
      const participant = newcomer(both.sandbox);
      const { conversationId } = await hear(both, participant);
      await make();
      await both.sandbox.conversations.type(newcomer(both.sandbox), { brand: NAJM.id });
      await both.sandbox.conversations.type(participant, { brand: NAJM.id });
      const [call] = await told(1);
      expect(call?.event).toMatchObject({ type: 'participant.typing', channelId, sequence: 3, data: { id: conversationId, participant: { number: participant } } });
      clock.advance(1);
      await hear(both, participant);
      await told(3);
      expect(receiver.types.filter((type) => type === 'participant.typing')).toHaveLength(1);
    });

    it('are told only of the types and channels that they name', async () => {
      await make({ events: ['message.received'], channelIds: [channelId] });
      await hear(both, newcomer(both.sandbox));
      await told(1);
      expect(receiver.types).toEqual(['message.received']);
      const { status, body } = await service.call('/v1/callbacks', { body: { url: receiver.url, events: ['*'], channelIds: ['chn_01m81mm3kzadxvtgak2mv71gjh'] } });
      expect([status, body['errors']?.[0]?.pointer]).toEqual([404, '/channelIds/0']);
    });

    it('are tried again by the published schedule, a fifth shorter or longer, and then given up and kept', async () => {
      receiver.respond = respondWith(500);
      const { id } = await make({ events: ['message.received'] });
      await hear(both, newcomer(both.sandbox));
      for (let n = 1; n <= DELAYS.length; n += 1) {
        const delivery = await eventually(async () => {
          const [found] = (await service.call(`/v1/deliveries?callbackId=${id}`)).body['data'];
          return found?.attempts.length === n ? found : null;
        }, `attempt ${n} is made`);
        const last = Date.parse(delivery.attempts.at(-1)?.at ?? '');
        if (n === DELAYS.length) {
          expect(delivery).toMatchObject({ status: 'failed', nextAttemptAt: null });
          break;
        }
        const wait = Date.parse(delivery.nextAttemptAt ?? '') - last;
        expect(wait).toBeGreaterThanOrEqual((DELAYS[n] ?? 0) * 0.8);
        expect(wait).toBeLessThanOrEqual((DELAYS[n] ?? 0) * 1.2);
        clock.set(last + wait);
      }
      expect(new Set(receiver.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect(receiver.calls).toHaveLength(10);
    });

    it('honour Retry-After for all that the receiver is to be told', async () => {
      receiver.respond = respondWith(429, { 'retry-after': '3600' });
      const { id } = await make({ events: ['message.received'] });
      await hear(both, newcomer(both.sandbox));
      await told(1);
      await eventually(async () => (await callback(id))['pausedUntil'] ?? null, 'the callback is paused');
      await hear(both, newcomer(both.sandbox));
      clock.advance(30 * MINUTE_MS);
      await service.call('/v1/callbacks'); // one more way round
      expect(receiver.calls).toHaveLength(1);
      receiver.respond = respondWith(200);
      clock.advance(31 * MINUTE_MS);
      await told(3);
      await eventually(async () => ((await callback(id))['pausedUntil'] === null ? true : null), 'the pause is over');
    });

    it('are switched off by 410, tell the others, and can be switched on and told what they missed', async () => {
      const other = await Receiver.start();
      const { id } = await make({ events: ['message.received'] });
      await make({ url: other.url, events: ['callback.disabled'] });
      receiver.respond = respondWith(410);
      const since = clock.now();
      await hear(both, newcomer(both.sandbox));
      await eventually(async () => ((await callback(id))['enabled'] === false ? true : null), 'the callback is off');
      await eventually(() => (other.calls.length === 1 ? true : null), 'the other is told');
      expect(other.calls[0]?.event).toMatchObject({ type: 'callback.disabled', channelId: null, data: { id, disabledReason: 'gone', enabled: false } });
      await hear(both, newcomer(both.sandbox), 'While it was off');
      receiver.respond = respondWith(200);
      receiver.forget();
      expect((await service.call(`/v1/callbacks/${id}/redeliveries`, { body: { since: new Date(since).toISOString() } })).body['code']).toBe('callback.disabled');
      expect((await service.call(`/v1/callbacks/${id}`, { method: 'PATCH', body: { enabled: true } })).body).toMatchObject({ enabled: true, disabledReason: null });
      clock.advance(1);
      const range = { body: { since: new Date(since).toISOString() } };
      expect((await service.call(`/v1/callbacks/${id}/redeliveries`, range)).body).toEqual({ redelivered: 2 });
      await told(2);
      await eventually(async () => ((await service.call(`/v1/deliveries?callbackId=${id}&status=delivered`)).body['data'].length === 2 ? true : null), 'both are delivered');
      expect((await service.call(`/v1/callbacks/${id}/redeliveries`, range)).body).toEqual({ redelivered: 0 });
      await other.stop();
    });

    it('are switched off when every attempt has failed for 5 days, not a moment earlier, and not when one succeeded between', async () => {
      receiver.respond = respondWith(500);
      const { id } = await make({ events: ['message.received'] });
      const attempt = async (status: number, failing: boolean) => {
        receiver.respond = respondWith(status);
        const before = receiver.calls.length;
        await hear(both, newcomer(both.sandbox));
        await told(before + 1);
        await eventually(async () => (((await callback(id))['failingSince'] !== null) === failing ? true : null), 'the attempt is noted');
      };
      await attempt(500, true);
      clock.advance(4 * DAY_MS);
      await attempt(200, false);
      await attempt(500, true);
      const failingSince = Date.parse((await callback(id))['failingSince'] ?? '');
      clock.set(failingSince + 5 * DAY_MS - 1);
      await attempt(500, true);
      expect((await callback(id))['enabled']).toBe(true);
      clock.set(failingSince + 5 * DAY_MS);
      await hear(both, newcomer(both.sandbox));
      await eventually(async () => ((await callback(id))['enabled'] === false ? true : null), 'the callback is off');
      expect(await callback(id)).toMatchObject({ disabledReason: 'failing' });
      await eventually(async () => ((await service.call(`/v1/deliveries?callbackId=${id}&status=pending`)).body['data'].length === 0 ? true : null), 'nothing is pending');
    });

    it('sign with two secrets for a day after a rotation, and with the new one alone then', async () => {
      const { id, secret: old } = await make({ events: ['message.received'] });
      const { body: rotated } = await service.call(`/v1/callbacks/${id}/rotate-secret`, { method: 'POST' });
      expect(rotated['secret']).not.toBe(old);
      const verify = (secret: string, n: number) => new Webhook(secret).verify(receiver.calls[n]?.text ?? '', receiver.calls[n]?.headers as Record<string, string>);
      // The library holds calls to the time of this machine.
      clock.set(Date.now());
      await hear(both, newcomer(both.sandbox));
      await told(1);
      expect(verify(old, 0)).toEqual(verify(rotated['secret'], 0));
      await queryDatabase(both.databaseUrl, `UPDATE callbacks SET old_secret_until = ${clock.now()} WHERE id = '${id}'`);
      await service.call(`/v1/callbacks/${id}`, { method: 'PATCH', body: { events: ['message.received'] } });
      await hear(both, newcomer(both.sandbox));
      await told(2);
      expect(verify(rotated['secret'], 1)).toMatchObject({ type: 'message.received' });
      expect(() => verify(old, 1)).toThrow();
    });

    it('can be tried, and any delivery repeated, also one that succeeded', async () => {
      const { id } = await make({ events: ['message.received'] });
      const { status, body: tried } = await service.call(`/v1/callbacks/${id}/test`, { method: 'POST' });
      expect(status).toBe(200);
      expect(tried).toMatchObject({ status: 'delivered', eventType: 'callback.test', attempts: [{ status: 204 }] });
      const again = await service.call(`/v1/deliveries/${tried['id']}/redeliver`, { method: 'POST' });
      expect([again.status, again.body['status']]).toEqual([202, 'pending']);
      await told(2);
      expect(receiver.calls[1]?.text).toBe(receiver.calls[0]?.text);
      expect((await service.call('/v1/events?limit=100')).text).not.toContain('callback.test');
      receiver.respond = respondWith(418);
      expect((await service.call(`/v1/callbacks/${id}/test`, { method: 'POST' })).body).toMatchObject({ status: 'pending', attempts: [{ status: 418 }] });
    });

    it('end with what the receiver says, and follow it nowhere', async () => {
      const { id } = await make({ events: ['message.received'] });
      receiver.respond = respondWith(307, { location: `${receiver.url}/elsewhere` });
      await hear(both, RANIA.id);
      const delivery = await eventually(async () => (await service.call(`/v1/deliveries?callbackId=${id}`)).body['data'].find(({ attempts }: AnswerBody) => attempts.length === 1) ?? null, 'it is tried');
      expect(delivery).toMatchObject({ status: 'pending', attempts: [{ status: 307 }] });
      expect(receiver.calls.map(({ path }) => path)).toEqual(['/hooks']);
    });
  });
});
