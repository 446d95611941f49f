import { DAY_MS, HOUR_MS } from '../../src/kernel/duration.js';
import { FIBRE, NAJM, RANIA } from '../e2e/cast.js';
import { countRows } from '../e2e/database.js';
import { type Both, connectNajm, fault, hear, newcomer, startBoth, textTo } from '../e2e/service.js';
import { forEachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { allSettled } from './all-settled.js';

interface Checked {
  outcome: 'send' | 'hold' | 'refuse';
  charge: string | null;
  reasons: { code: string }[];
  heldUntil: string | null;
}

/** Beside the random situations of check-and-send.spec.ts: whom, until when, by whom, and what is no request at all. */
describe('A check of a send, for any body', () => {
  forEachEngine((engine) => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let channelId: string;

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__X__TIMEOUT_MS: '500' } });
      channelId = (await connectNajm(both.service))['id'];
      await hear(both, RANIA.id);
    });
    afterEach(() => both.sandbox.faults.remove());
    afterAll(() => both.stop());

    const rows = () => Promise.all(['messages', 'conversations', 'limit_uses', 'attempts', 'team_events'].map((table) => countRows(both.databaseUrl, table)));
    const at = (offsetMs: number): string => new Date(clock.now() + offsetMs).toISOString();
    const to = (recipient: object) => ({ ...textTo('Hello'), to: recipient });

    /** What both come to, in the words of the send; fails when the check stores anything. */
    async function checkThenSend(body: unknown, key?: string): Promise<[check: unknown, send: unknown]> {
      await allSettled(both, clock.now());
      const before = await rows();
      const options = { body, ...(key === undefined ? {} : { key }) };
      const check = await both.service.call<Checked & { code: string; errors: object[] }>('/v1/messages/check', options);
      expect(await rows()).toEqual(before);
      const send = await both.service.call('/v1/messages', options);
      const { outcome, charge, heldUntil, reasons } = check.body;
      const asSend = {
        send: { status: 202, state: 'queued', charge, heldBecause: null, heldUntil },
        hold: { status: 202, state: 'held', charge, heldBecause: reasons?.[0]?.code, heldUntil },
        refuse: { code: reasons?.[0]?.code },
      };
      const problem = (answer: typeof send | typeof check) => ({ status: answer.status, code: answer.body.code, errors: answer.body.errors });
      return [
        check.status === 200 ? asSend[outcome] : problem(check),
        send.status === 202
          ? { status: 202, state: send.body['status'], charge: send.body['charge'], heldBecause: send.body['heldBecause'], heldUntil: send.body['heldUntil'] }
          : check.status === 200 ? { code: send.body.code } : problem(send),
      ];
    }

    it.each<[string, () => unknown]>([
      ['a user name', () => to({ username: RANIA.username })],
      ['a user name with its sign', () => to({ username: `@${RANIA.username}` })],
      ['a list of one', () => to([{ number: RANIA.id }] as never)],
      ['a user name that nobody has', () => to({ username: 'nobody_at_all' })],
      ['a participant whom X does not know', () => to({ number: '99999999999' })],
      ['a channel that is not there', () => ({ ...textTo('Hello'), from: FIBRE.id })],
      ['a time to come', () => ({ ...textTo('Hello'), validUntil: at(HOUR_MS) })],
      ['a hold until a time', () => ({ ...textTo('Hello', newcomer(both.sandbox)), beyondAllotment: 'hold', validUntil: at(HOUR_MS) })],
      ['a time that is over', () => ({ ...textTo('Hello'), validUntil: at(-1) })],
      ['this very moment', () => ({ ...textTo('Hello'), validUntil: at(0) })],
      ['a text that is too long', () => textTo('x'.repeat(10_001))],
      ['a blank text', () => textTo(' ')],
      ['an unknown policy', () => ({ ...textTo('Hello'), beyondAllotment: 'try' })],
      ['a participant as a JSON number', () => to({ number: 84391207 })],
      ['an unknown field', () => ({ ...textTo('Hello'), priority: 1 })],
      ['no object', () => 'Hello'],
    ])('says what the send does: %s', async (_what, body) => {
      const [check, send] = await checkThenSend(body());
      expect(check).toEqual(send);
    });

    it.each(['hang', 'reset-before', 'html-error', '429'] as const)('says what the send does while X does not tell who has a user name (%s)', async (kind) => {
      fault(both.sandbox, { route: 'users', kind, times: 2 });
      const [check, send] = await checkThenSend(to({ username: RANIA.username }));
      expect(check).toEqual(send);
      expect(check).toMatchObject({ code: kind === '429' ? 'x.rate-limited' : 'x.unavailable' });
    });

    it('says what the send does for a key without the scope', async () => {
      const { body } = await both.service.call('/v1/api-keys', { body: { team: 'default', scopes: ['messages:read'] } });
      const [check, send] = await checkThenSend(textTo('Hello'), body['key']);
      expect(check).toEqual(send);
      expect(check).toMatchObject({ status: 403 });
    });

    it('says what the send does when the window has just closed', async () => {
      const number = newcomer(both.sandbox);
      await hear(both, number);
      const closesAt = clock.now() + DAY_MS;
      for (const [offsetMs, code] of [[-1, null], [0, 'message.window-closed']] as const) {
        clock.set(closesAt + offsetMs);
        const [check, send] = await checkThenSend({ ...textTo('Hello', number), beyondAllotment: 'refuse' });
        expect(check).toEqual(send);
        expect(check).toMatchObject(code === null ? { charge: 'reply' } : { code });
      }
    });

    it('says what the send does when X has revoked the account’s access', async () => {
      await both.sandbox.people.revoke(NAJM.id);
      await allSettled(both, clock.now());
      expect((await both.service.call(`/v1/channels/${channelId}`)).body['status']).toBe('revoked');
      const [check, send] = await checkThenSend(textTo('Hello', RANIA.id));
      expect(check).toEqual(send);
      expect(check).toMatchObject({ state: 'held', heldBecause: 'channel-revoked' });
    });
  });
});
