import { MINUTE_MS } from '../../src/kernel/duration.js';
import { forEachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, anyText, having } from './answers.js';
import { IDRIS, NAJM } from './cast.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, startBoth, textTo } from './service.js';

forEachEngine((engine) => {
  describe('Cancelling a message', () => {
    let both: Both;
    const clock = new ManualClock(Date.now());
    const cancel = (id: string) => both.service.call(`/v1/messages/${id}`, { method: 'DELETE' });

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__MESSAGING__POLL_MS: '20' } });
      await connectNajm(both.service);
    });
    afterAll(() => both.stop());

    it('takes back one that is held, gives back what it took, and those behind it go', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      fault(both.sandbox, { route: 'send', kind: '429' });
      const first = (await both.service.call('/v1/messages', { body: textTo('takes the 429', participant) })).body;
      await messageIn(both.service, first['id'], 'held');
      const second = (await both.service.call('/v1/messages', { body: textTo('cancelled', participant) })).body;
      const third = (await both.service.call('/v1/messages', { body: textTo('goes', participant) })).body;
      expect(third['window'].used).toBe(3);
      expect((await cancel(second['id'])).status).toBe(204);
      expect((await cancel(second['id'])).status).toBe(204);
      clock.advance(2 * MINUTE_MS);
      const sent = await messageIn(both.service, third['id'], 'sent');
      expect(sent['window'].used).toBe(2);
      expect((await both.service.call(`/v1/messages/${second['id']}`)).body).toMatchObject({ status: 'cancelled', charge: null });
      expect(both.sandbox.ledger.sends.filter((one) => one.participant === participant).map(({ text }) => text)).toEqual(['takes the 429', 'goes']);
      const { body } = await both.service.call<{ data: AnswerBody[] }>(`/v1/messages/${second['id']}/attempts`);
      expect(body.data.at(-1)).toEqual({ at: anyText, kind: 'settled', status: 'cancelled' });
    });

    it('lets the next one go when it was the first that waited', async () => {
      const { body: page } = await both.service.call('/v1/channels');
      const pause = (paused: boolean) => both.service.call(`/v1/channels/${String(page['data'][0]?.['id'])}`, { method: 'PATCH', body: { paused } });
      const participant = newcomer(both.sandbox);
      await pause(true);
      const first = (await both.service.call('/v1/messages', { body: textTo('not any more', participant) })).body;
      const second = (await both.service.call('/v1/messages', { body: textTo('instead', participant) })).body;
      expect((await cancel(first['id'])).status).toBe(204);
      await pause(false);
      clock.advance(MINUTE_MS);
      await messageIn(both.service, second['id'], 'sent');
      expect(both.sandbox.ledger.sends.filter((one) => one.participant === participant).map(({ text }) => text)).toEqual(['instead']);
    });

    it('is refused once it has left, has failed, or came in', async () => {
      const participant = newcomer(both.sandbox);
      const inbound = await hear(both, participant);
      const sent = (await both.service.call('/v1/messages', { body: textTo('gone', participant) })).body;
      await messageIn(both.service, sent['id'], 'sent');
      await hear(both, IDRIS.id);
      await both.sandbox.people.relate('block', IDRIS.id, NAJM.id);
      const failed = (await both.service.call('/v1/messages', { body: textTo('refused', IDRIS.id) })).body;
      await messageIn(both.service, failed['id'], 'failed');
      for (const { id } of [inbound, sent, failed]) {
        const { status, body } = await cancel(id);
        expect([status, body]).toEqual([409, having({ code: 'message.already-sent' })]);
      }
      expect((await cancel('msg_00000000000000000000000000')).status).toBe(404);
    });
  });
});
