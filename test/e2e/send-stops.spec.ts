import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/duration.js';
import { LimitRelease } from '../../src/messaging/outbox/limit-release.service.js';
import { Slots } from '../../src/messaging/outbox/claim.js';
import { Handover } from '../../src/messaging/outbox/handover.service.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, having } from './answers.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, startBoth, textTo } from './service.js';

describe('What X says of its limits', () => {
  forEachEngine((engine) => {
    let clock: ManualClock;
    let both: Both;
    let channel: AnswerBody;

    /** X takes fewer than its documentation says. */
    beforeEach(async () => {
      clock = new ManualClock(Date.now());
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), x: { dailyLimits: { perUser: 3 } } });
      channel = await connectNajm(both.service);
    });
    afterEach(() => both.stop());

    const send = async (number: string): Promise<AnswerBody> => (await both.service.call('/v1/messages', { body: textTo('Hello', number) })).body;
    const sendFirst = (): Promise<AnswerBody> => send(newcomer(both.sandbox));
    const isSent = (message: AnswerBody): Promise<AnswerBody> => messageIn(both.service, message['id'], 'sent');
    /** Time goes on meanwhile: a look that began before it was due looks again a moment later. */
    const isReleased = (message: AnswerBody) =>
      eventually(async () => {
        clock.advance(1);
        expect((await both.service.call(`/v1/messages/${message['id']}`)).body['status']).toBe('sent');
      }, 'what was held is sent', { withinMs: 15_000 });
    const isHeld = (message: AnswerBody): Promise<AnswerBody> => messageIn(both.service, message['id'], 'held');
    const asked = () => both.sandbox.ledger.requests.filter(({ path }) => path.endsWith('/events/new.json')).length;
    const accountLimit = async () => {
      const { body } = await both.service.call<{ limits: Record<string, unknown>[] }>(`/v1/channels/${channel['id']}/limits`);
      return body.limits[0];
    };
    const nothingIsDue = async () => {
      expect(await both.service.app.get(LimitRelease, { strict: false }).run()).toBe(0);
      expect(await both.service.app.get(Handover, { strict: false }).claim('nobody', new Slots(1, 1))).toEqual([]);
    };

    it('corrects ours downwards with each answer, and stops what counts at once when nothing is left', async () => {
      await isSent(await sendFirst());
      expect(await accountLimit()).toMatchObject({ limit: 3, used: 1, remaining: 2, available: 2, source: 'x' });
      await isSent(await sendFirst());
      await isSent(await sendFirst());
      const resetsAt = clock.now() + DAY_MS;
      expect(await accountLimit()).toMatchObject({ limit: 3, remaining: 0, source: 'x' });

      const held = await sendFirst();
      expect(held).toMatchObject({ status: 'held', heldBecause: 'rate-limit', charge: null });
      // X rounds its reset up to the second.
      expect(Date.parse(held['heldUntil']) - resetsAt).toBeLessThanOrEqual(1_000);
      const writer = newcomer(both.sandbox);
      await hear(both, writer);
      await isSent(await send(writer));
      expect(asked()).toBe(4);

      clock.set(Date.parse(held['heldUntil']) - 1);
      await nothingIsDue();
      expect(asked()).toBe(4);
      clock.advance(1_001);
      await isReleased(held);
      expect(await accountLimit()).toMatchObject({ limit: 3, remaining: 2, source: 'x' });
    });

    it('after a 429 is not asked again before the reset that it names, then by one message, then by the others', async () => {
      fault(both.sandbox, { route: 'send', kind: '429' });
      const first = await isHeld(await sendFirst());
      expect(first).toMatchObject({ heldBecause: 'rate-limit', charge: 'rate-limit' });
      const reset = Date.parse(first['heldUntil']);
      expect(reset - clock.now()).toBeGreaterThan(MINUTE_MS - 2_000);
      const second = await sendFirst();
      expect(second).toMatchObject({ status: 'held', heldBecause: 'rate-limit' });
      clock.set(reset - 1);
      await nothingIsDue();
      expect(asked()).toBe(1);

      fault(both.sandbox, { route: 'send', kind: '429' });
      clock.advance(1);
      await eventually(() => expect(asked()).toBe(2), 'one tries');
      await Promise.all([first, second].map(isHeld));
      expect(asked()).toBe(2);

      clock.advance(HOUR_MS);
      await eventually(async () => {
        clock.advance(5_000);
        expect(await Promise.all([first, second].map(async ({ id }) => (await both.service.call(`/v1/messages/${id}`)).body['status']))).toEqual(['sent', 'sent']);
      }, 'both are sent', { everyMs: 200, withinMs: 15_000 });
      expect(asked()).toBe(4);
    });

    it('keeps a short stop of everything beside a long one of what counts', async () => {
      await Promise.all([await sendFirst(), await sendFirst(), await sendFirst()].map(isSent));
      const counted = await sendFirst();
      const writer = newcomer(both.sandbox);
      await hear(both, writer);
      fault(both.sandbox, { route: 'send', kind: 'status', status: 429, code: 88, message: 'Rate limit exceeded' });
      const startedAt = clock.now();
      const limited = await isHeld(await send(writer));
      expect(asked()).toBe(4);
      clock.set(startedAt + 15 * MINUTE_MS - 1);
      await nothingIsDue();
      clock.advance(1);
      await isReleased(limited);
      await isSent(await send(writer));
      expect(asked()).toBe(6);
      expect((await both.service.call(`/v1/messages/${counted['id']}`)).body).toMatchObject({ status: 'held', charge: null });
    });

    it('after a 429 without a reset is not asked for fifteen minutes, not even with free replies', async () => {
      const writer = newcomer(both.sandbox);
      await hear(both, writer);
      fault(both.sandbox, { route: 'send', kind: 'status', status: 429, code: 88, message: 'Rate limit exceeded' });
      const startedAt = clock.now();
      const limited = await isHeld(await send(writer));
      expect(limited).toMatchObject({ heldBecause: 'rate-limit', charge: 'reply', heldUntil: new Date(startedAt + 15 * MINUTE_MS).toISOString() });
      expect(limited['window']).toMatchObject({ used: 1 });
      expect(await send(writer)).toEqual(having({ status: 'held', charge: 'reply' }));
      clock.set(startedAt + 15 * MINUTE_MS - 1);
      await nothingIsDue();
      expect(asked()).toBe(1);
      clock.advance(1);
      await isReleased(limited);
    });
  });
});
