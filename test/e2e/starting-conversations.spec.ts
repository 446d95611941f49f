import { MINUTE_MS } from '../../src/kernel/duration.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { FIBRE, IDRIS, NAJM } from './cast.js';
import { countRows, queryDatabase } from './database.js';
import { type Both, connectNajm, fault, hear, messageIn, startBoth, textTo } from './service.js';

const KEEP_MS = 5 * MINUTE_MS;

describe('Writing first to somebody', () => {
  forEachEngine((engine) => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let people = 0;

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__X__TIMEOUT_MS: '500' } });
      await connectNajm(both.service);
    });
    afterEach(async () => {
      both.sandbox.faults.remove();
      await both.sandbox.whenIdle();
    });
    afterAll(() => both.stop());

    const somebody = (traits: { receivesFrom?: 'anyone' | 'followed' | 'nobody'; follows?: string[] } = {}): string => {
      const screenName = `somebody_${(people += 1)}`;
      return both.sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: 'followed', ...traits }).id;
    };
    const send = (number: string, extra = {}) => both.service.call('/v1/messages', { body: { ...textTo('Hello', number), ...extra } });
    const asked = () => both.sandbox.ledger.requests.filter(({ path }) => path.endsWith('/friendships/show.json')).length;
    const sent = (number: string) => both.sandbox.ledger.sends.filter(({ participant }) => participant === number).length;

    it.each([
      ['follows the channel', { follows: [NAJM.id] }],
      ['receives messages from anyone', { receivesFrom: 'anyone' as const }],
    ])('is allowed when the person %s', async (_what, traits) => {
      const number = somebody(traits);
      const { status, body } = await send(number);
      expect({ status, charge: body['charge'] }).toEqual({ status: 202, charge: 'rate-limit' });
      await messageIn(both.service, body['id'], 'sent');
    });

    it.each([
      ['follows another brand and receives from whom they follow', { follows: [FIBRE.id] }],
      ['receives messages from nobody', { receivesFrom: 'nobody' as const }],
    ])('is refused with 422 when the person %s: nothing is sent, and nothing stored', async (_what, traits) => {
      const number = somebody(traits);
      const before = [await countRows(both.databaseUrl, 'messages'), await countRows(both.databaseUrl, 'conversations'), await countRows(both.databaseUrl, 'limit_uses')];
      const { status, body } = await send(number);
      expect({ status, code: body['code'] }).toEqual({ status: 422, code: 'message.cannot-start-conversation' });
      expect([await countRows(both.databaseUrl, 'messages'), await countRows(both.databaseUrl, 'conversations'), await countRows(both.databaseUrl, 'limit_uses')]).toEqual(before);
      expect(sent(number)).toBe(0);
    });

    it.each([
      ['does not answer', { kind: 'hang' as const }],
      ['fails', { kind: 'status' as const, status: 500, code: 131 }],
      ['ends the connection', { kind: 'reset-before' as const }],
      ['has no more answers now', { kind: '429' as const }],
    ])('is not guessed when X %s: 503, and nothing is sent', async (_what, trouble) => {
      const number = somebody({ follows: [NAJM.id] });
      fault(both.sandbox, { route: 'friendships', ...trouble });
      const { status, body } = await send(number);
      expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'x.unavailable' });
      expect(sent(number)).toBe(0);
      // The same request again, once X answers.
      expect((await send(number)).status).toBe(202);
    });

    it('says that X has no such user', async () => {
      const { status, body } = await send('99999999999');
      expect({ status, code: body['code'] }).toEqual({ status: 422, code: 'message.participant-not-found' });
    });

    it('keeps X’s word for five minutes and then asks again', async () => {
      const number = somebody({ follows: [NAJM.id] });
      const before = asked();
      await send(number);
      clock.advance(KEEP_MS - 1);
      await send(number);
      expect(asked()).toBe(before + 1);
      clock.advance(1);
      await send(number);
      expect(asked()).toBe(before + 2);
    });

    it('asks X once for many that want to know at once', async () => {
      const number = somebody({ follows: [NAJM.id] });
      const before = asked();
      const answers = await Promise.all(Array.from({ length: 20 }, () => send(number)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
      expect(asked()).toBe(before + 1);
    });

    it.each([{ beyondAllotment: 'hold', status: 202 }, { beyondAllotment: 'refuse', status: 409 }])('does not ask X where the message is not to count ($beyondAllotment)', async ({ beyondAllotment, status }) => {
      const before = asked();
      expect((await send(somebody(), { beyondAllotment })).status).toBe(status);
      expect(asked()).toBe(before);
    });

    it('does not ask X once the person has written', async () => {
      const number = somebody();
      await hear(both, number);
      const before = asked();
      expect((await send(number)).status).toBe(202);
      expect(asked()).toBe(before);
    });

    it('learns from follow, unfollow, block and unblock, also when X tells of them twice', async () => {
      const number = somebody();
      const { people: world } = both.sandbox;
      const heardOf = (permission: string) =>
        eventually(async () => expect(await known(number)).toBe(permission), `X's event is known: ${permission}`);
      expect((await send(number)).status).toBe(422);

      await world.relate('follow', number, NAJM.id);
      await heardOf('allowed');
      expect((await send(number)).status).toBe(202);

      await world.relate('block', NAJM.id, number);
      await heardOf('not-allowed');
      expect((await send(number)).status).toBe(422);

      await world.relate('unblock', NAJM.id, number);
      await heardOf('ask');
      clock.advance(1);
      expect((await send(number)).status).toBe(422);

      clock.advance(1);
      await world.relate('follow', number, NAJM.id);
      await heardOf('allowed');
      clock.advance(1);
      await world.relate('unfollow', number, NAJM.id);
      await heardOf('ask');
    });

    it.each([150, 349])('learns from X’s refusal of a message (%i)', async (code) => {
      const number = somebody({ follows: [NAJM.id] });
      fault(both.sandbox, { route: 'send', kind: 'status', status: 403, code, message: 'No.', participant: number });
      const { body } = await send(number);
      await messageIn(both.service, body['id'], 'failed');
      const before = asked();
      expect((await send(number)).body['code']).toBe('message.cannot-start-conversation');
      expect(asked()).toBe(before);
    });

    it('is told by a check in the same words', async () => {
      const check = (number: string) => both.service.call('/v1/messages/check', { body: textTo('Hello', number) });
      expect((await check(IDRIS.id)).body).toMatchObject({ allowed: false, outcome: 'refuse', reasons: [{ code: 'message.cannot-start-conversation' }] });
      expect((await check(somebody({ follows: [NAJM.id] }))).body).toMatchObject({ allowed: true, outcome: 'send', charge: 'rate-limit', reasons: [] });
    });

    async function known(number: string): Promise<string | undefined> {
      const rows = await queryDatabase<{ permission: string }>(both.databaseUrl, `SELECT permission FROM start_permissions WHERE participant_id = '${number}'`);
      return rows[0]?.permission;
    }
  });
});
