import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/duration.js';
import { ExpiredWindowsJob } from '../../src/messaging/window/expired-windows.job.js';
import type { LimitView } from '../../src/rate-policy/limit-view.js';
import { ChangedRules } from '../integration/changed-rules.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, having } from './answers.js';
import { FIBRE, NAJM } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, connectFibre, connectNajm, fault, hear, messageIn, newcomer, startBoth, textTo } from './service.js';

describe('X’s limits', () => {
  const rules = new ChangedRules();
  afterAll(() => rules.removeAll());

  forEachEngine((engine) => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let najm: AnswerBody;
    let fibre: AnswerBody;

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: rules.env({ accountLimit: 4, appLimit: 6 }) });
      najm = await connectNajm(both.service);
      fibre = await connectFibre(both.service);
    });
    /** So that the next test finds the limits empty: all that waits has gone, and a day has passed since. */
    afterEach(async () => {
      both.sandbox.faults.remove();
      await eventually(async () => {
        clock.advance(DAY_MS);
        const waiting = await queryDatabase<{ n: number }>(both.databaseUrl, "SELECT count(*) AS n FROM messages WHERE status IN ('queued', 'claimed', 'sending', 'held')");
        expect(Number(waiting[0]?.n)).toBe(0);
      }, 'nothing waits', { withinMs: 15_000, everyMs: 200 });
      await both.sandbox.whenIdle();
      clock.advance(2 * DAY_MS);
    });
    afterAll(() => both.stop());

    const limitsOf = async (channel: AnswerBody): Promise<Record<string, LimitView>> => {
      const { body } = await both.service.call<{ profile: string; limits: LimitView[] }>(`/v1/channels/${channel['id']}/limits`);
      return Object.fromEntries(body.limits.map((limit) => [limit.name, limit]));
    };
    const send = async (number: string, extra: Record<string, unknown> = {}): Promise<AnswerBody> =>
      (await both.service.call('/v1/messages', { body: { ...textTo('Hello', number), ...extra } })).body;
    const sendFirst = (extra: Record<string, unknown> = {}): Promise<AnswerBody> =>
      send(newcomer(both.sandbox, extra['from'] === FIBRE.id ? FIBRE.id : NAJM.id), extra);
    const isSent = (message: AnswerBody): Promise<AnswerBody> => messageIn(both.service, message['id'], 'sent');
    const now = async (message: AnswerBody): Promise<AnswerBody> => (await both.service.call(`/v1/messages/${message['id']}`)).body;

    it('are shown as they stand, and come free 24 hours after X’s time of the send', async () => {
      const before = await limitsOf(najm);
      expect(before['account-24h']).toEqual({ name: 'account-24h', limit: 4, used: 0, remaining: 4, available: 4, resetsAt: null, source: 'policy' });
      // Fibre is kept its half of the app's six.
      expect(before['app-24h']).toMatchObject({ limit: 6, used: 0, remaining: 6, available: 3 });
      const sentAt = clock.now();
      await isSent(await sendFirst());
      clock.advance(HOUR_MS);
      expect((await limitsOf(najm))['account-24h']).toMatchObject({ used: 1, remaining: 3, resetsAt: new Date(sentAt + DAY_MS).toISOString() });
      clock.set(sentAt + DAY_MS - 1);
      expect((await limitsOf(najm))['account-24h']).toMatchObject({ used: 1 });
      clock.set(sentAt + DAY_MS);
      expect((await limitsOf(najm))['account-24h']).toMatchObject({ used: 0, resetsAt: null });
    });

    it('hold what finds no place, let free replies go, and let the held go in order, replies first', async () => {
      const known = newcomer(both.sandbox);
      await hear(both, known);
      for (let n = 0; n < 5; n += 1) {
        expect((await send(known))['charge']).toBe('reply');
      }
      const taken = [await sendFirst(), await sendFirst(), await sendFirst()];
      await Promise.all(taken.map(isSent));
      const firstSentAt = clock.now();

      const start = await sendFirst();
      expect(start).toMatchObject({ status: 'held', heldBecause: 'rate-limit', charge: null, heldUntil: new Date(firstSentAt + DAY_MS).toISOString() });
      const reply = await send(known);
      const secondReply = await send(known, { reference: 'second' });
      expect([reply, secondReply]).toEqual([having({ status: 'held', charge: null }), having({ status: 'held', charge: null })]);
      const freshlyHeard = newcomer(both.sandbox);
      await hear(both, freshlyHeard);
      await isSent(await send(freshlyHeard));
      expect([await now(start), await now(reply)]).toEqual([having({ status: 'held' }), having({ status: 'held' })]);

      clock.set(firstSentAt + DAY_MS);
      await Promise.all([start, reply, secondReply].map(isSent));
      const places = await queryDatabase<{ message_id: string }>(both.databaseUrl, `SELECT message_id FROM attempts WHERE message_id IN ('${start['id']}', '${reply['id']}', '${secondReply['id']}') ORDER BY started_at, id`);
      expect(places.map(({ message_id }) => message_id).indexOf(reply['id'])).toBeLessThan(places.map(({ message_id }) => message_id).indexOf(secondReply['id']));
      expect(await now(start)).toMatchObject({ charge: 'rate-limit', heldUntil: null, heldBecause: null });
    });

    it('give the place of a message that X refuses to the first that waits, a reply before what starts a conversation', async () => {
      const pause = (paused: boolean) => both.service.call(`/v1/channels/${najm['id']}`, { method: 'PATCH', body: { paused } });
      const refused = newcomer(both.sandbox);
      fault(both.sandbox, { route: 'send', kind: 'status', status: 403, code: 226, message: 'Looks automated', participant: refused });
      await pause(true);
      const failing = await send(refused);
      expect(failing).toMatchObject({ status: 'held', heldBecause: 'channel-paused', charge: 'rate-limit' });
      await sendFirst();
      await sendFirst();
      const wroteLongAgo = newcomer(both.sandbox);
      await hear(both, wroteLongAgo, 'Hello', clock.now() - 2 * DAY_MS);
      const [start, reply] = [await sendFirst(), await send(wroteLongAgo)];
      expect([start, reply]).toEqual([having({ status: 'held', charge: null }), having({ status: 'held', charge: null })]);
      await pause(false);
      clock.advance(5_000);
      expect(await messageIn(both.service, failing['id'], 'failed')).toMatchObject({ charge: null });
      await isSent(reply);
      expect(await now(start)).toMatchObject({ status: 'held' });
    });

    it('expire what they hold when `validUntil` passes first', async () => {
      await Promise.all([await sendFirst(), await sendFirst(), await sendFirst()].map(isSent));
      const held = await sendFirst({ validUntil: new Date(clock.now() + HOUR_MS).toISOString() });
      expect(held['status']).toBe('held');
      clock.advance(DAY_MS);
      await both.service.app.get(ExpiredWindowsJob, { strict: false }).run();
      expect(await now(held)).toMatchObject({ status: 'expired', charge: null });
    });

    it('of the app are shared: one channel cannot use up what the other is kept, and a named share changes that', async () => {
      const ofNajm = await Promise.all([1, 2, 3, 4].map(() => sendFirst()));
      expect(ofNajm.map(({ charge }) => charge).sort()).toEqual(['rate-limit', 'rate-limit', 'rate-limit', null].sort());
      const ofFibre = [];
      for (let n = 0; n < 4; n += 1) {
        ofFibre.push(await sendFirst({ from: FIBRE.id }));
      }
      expect(ofFibre.map(({ status }) => status)).toEqual(['queued', 'queued', 'queued', 'held']);
      clock.advance(DAY_MS);
      await Promise.all([...ofNajm, ...ofFibre].map(isSent));
      clock.advance(DAY_MS);

      const patched = await both.service.call(`/v1/channels/${fibre['id']}`, { method: 'PATCH', body: { policy: { appShare: 0 } } });
      expect(patched.body).toMatchObject({ policy: { beyondAllotment: 'count', appShare: 0 } });
      expect((await limitsOf(najm))['app-24h']).toMatchObject({ available: 6 });
      expect((await limitsOf(fibre))['app-24h']).toMatchObject({ available: 2 });
      await both.service.call(`/v1/channels/${fibre['id']}`, { method: 'PATCH', body: { policy: { appShare: null } } });
      expect((await limitsOf(fibre))['app-24h']).toMatchObject({ available: 3 });
    });

    it('are told of in the headers of a send, with the send in them', async () => {
      const { headers } = await both.service.call('/v1/messages', { body: textTo('Hello', newcomer(both.sandbox)) });
      expect(headers.get('ratelimit-policy')).toContain('"account-24h";q=4;w=86400, "app-24h";q=6;w=86400');
      expect(headers.get('ratelimit')).toMatch(/"account-24h";r=3, "app-24h";r=5/);
    });

    it('are told of once when a fifth is left and once when nothing is', async () => {
      const news = async () =>
        (await queryDatabase<{ type: string; data: string }>(both.databaseUrl, `SELECT type, data FROM team_events WHERE channel_id = '${najm['id']}' AND type LIKE 'limit.%' AND occurred_at >= ${since} ORDER BY id`)).map(
          ({ type, data }) => `${type} ${(JSON.parse(data) as { limit: LimitView }).limit.name}`,
        );
      const since = clock.now();
      // Najm alone may use all of its own four, of the app's six.
      await both.service.call(`/v1/channels/${fibre['id']}`, { method: 'PATCH', body: { policy: { appShare: 0 } } });
      const six: AnswerBody[] = [];
      for (let n = 0; n < 6; n += 1) {
        six.push(await sendFirst());
      }
      expect(await news()).toEqual(['limit.reached account-24h']);
      await both.service.call(`/v1/channels/${fibre['id']}`, { method: 'PATCH', body: { policy: { appShare: null } } });
      await Promise.all(six.slice(0, 4).map(isSent));
      clock.advance(DAY_MS + MINUTE_MS);
      await Promise.all(six.map(isSent));
      expect(await news()).toEqual(['limit.reached account-24h']);
      clock.advance(DAY_MS);
      for (let n = 0; n < 3; n += 1) {
        await isSent(await sendFirst());
      }
      expect((await news()).filter((one) => one.endsWith('account-24h'))).toHaveLength(1);
    });

    it('are those of a team’s own channel only', async () => {
      const { body } = await both.service.call('/v1/api-keys', { body: { team: 'elsewhere', scopes: ['channels:read'] } });
      expect((await both.service.call(`/v1/channels/${najm['id']}/limits`, { key: body['key'] })).status).toBe(404);
      const { body: sender } = await both.service.call('/v1/api-keys', { body: { team: 'default', scopes: ['messages:send'] } });
      expect((await both.service.call(`/v1/channels/${najm['id']}/limits`, { key: sender['key'] })).status).toBe(403);
    });
  });
});
