import { HOUR_MS } from '../../src/kernel/duration.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { having } from './answers.js';
import { countRows } from './database.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';

forEachEngine((engine) => {
  describe('A long text that is to be split', () => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let service: Service;
    let channelId: string;

    /** So many paragraphs, of which no two fit into one message. */
    const paragraphs = (count: number) => Array.from({ length: count }, (_, n) => `${n}🙏`.padEnd(6_000, 'x'));
    const long = (count: number, participant: string, more: object = {}) => ({ ...textTo(paragraphs(count).join('\n\n'), participant), splitLongText: true, ...more });
    const send = (body: unknown, headers: Record<string, string> = {}) => service.call('/v1/messages', { body, headers });
    const check = async (body: unknown) => (await service.call<{ outcome: string; charge: string; window: { used: number }; limits: { used: number }[]; reasons: { code: string }[] }>('/v1/messages/check', { body })).body;
    const sentTo = (participant: string) => both.sandbox.ledger.sends.filter((one) => one.participant === participant).map(({ text }) => text);
    const read = async (id: string | undefined) => (await service.call(`/v1/messages/${id}`)).body;
    const counts = () => Promise.all(['messages', 'limit_uses', 'conversations'].map((table) => countRows(both.databaseUrl, table)));
    const accountUsed = async () => (await service.call<{ limits: { used: number }[] }>(`/v1/channels/${channelId}/limits`)).body.limits[0]?.used ?? 0;

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl() });
      service = both.service;
      channelId = (await connectNajm(service)).id;
    });
    afterEach(() => both.sandbox.faults.remove());
    afterAll(() => both.stop());

    it('becomes several messages, each charged, that X gets in their order', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      const usedBefore = await accountUsed();
      const body = { ...long(7, participant), reference: 'LONG-1' };
      expect(await check(body)).toMatchObject({ outcome: 'send', charge: 'rate-limit', window: { used: 5 }, limits: [having({ used: usedBefore + 2 }), having({})] });
      const accepted = await send(body);
      expect([accepted.status, accepted.headers.get('location')]).toEqual([202, `/v1/messages/${accepted.body.id}`]);
      expect(accepted.body).toMatchObject({ content: { text: paragraphs(7)[0] }, charge: 'reply', window: { used: 5, remaining: 0 } });
      expect(accepted.body.parts).toHaveLength(7);
      expect(accepted.body.parts[0]).toBe(accepted.body.id);
      await eventually(() => expect(sentTo(participant)).toEqual(paragraphs(7)), 'all in their order', { withinMs: 20_000 });
      const parts = await Promise.all(accepted.body.parts.map((id) => messageIn(service, id, 'sent')));
      expect(parts.map(({ charge, reference, parts: all }) => [charge, reference, all])).toEqual(
        ['reply', 'reply', 'reply', 'reply', 'reply', 'rate-limit', 'rate-limit'].map((charge) => [charge, 'LONG-1', accepted.body.parts]),
      );
      expect(await accountUsed()).toBe(usedBefore + 2);
    });

    it('is refused as a whole when not all of it may go, and leaves nothing behind', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      const before = await counts();
      const body = long(6, participant, { beyondAllotment: 'refuse' });
      expect(await check(body)).toMatchObject({ outcome: 'refuse', reasons: [having({ code: 'message.allotment-used' })], window: { used: 0 } });
      // Beside others, with which it would be accepted together.
      const [refused, ...fine] = await Promise.all([send(body), send(textTo('one', participant)), send(textTo('two', participant))]);
      expect([refused.status, refused.body.code]).toEqual([409, 'message.allotment-used']);
      expect(fine.map(({ status }) => status)).toEqual([202, 202]);
      expect(await counts()).toEqual([(before[0] ?? 0) + 2, before[1], before[2]]);
      expect((await send(long(3, participant, { beyondAllotment: 'refuse' }))).body).toMatchObject({ window: { used: 5 } });
      await eventually(() => expect(sentTo(participant)).toEqual(['one', 'two', ...paragraphs(3)]), 'what fits goes', { withinMs: 20_000 });
    });

    it('is held where the policy holds, from the part on that is beyond, and goes on in its order', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      const body = long(7, participant, { beyondAllotment: 'hold' });
      expect(await check(body)).toMatchObject({ outcome: 'hold', reasons: [having({ code: 'allotment-used' })], window: { used: 5 } });
      const { parts } = (await send(body)).body;
      await eventually(() => expect(sentTo(participant)).toEqual(paragraphs(5)), 'five are sent', { withinMs: 20_000 });
      for (const id of parts.slice(5)) expect(await read(id)).toMatchObject({ status: 'held', heldBecause: 'allotment-used' });
      clock.advance(HOUR_MS);
      await hear(both, participant, 'go on');
      await eventually(() => expect(sentTo(participant)).toEqual(paragraphs(7)), 'the others follow', { withinMs: 20_000 });
    });

    it('is cancelled part by part', async () => {
      const participant = newcomer(both.sandbox);
      const { parts } = (await send(long(3, participant, { beyondAllotment: 'hold' }))).body;
      expect((await service.call(`/v1/messages/${parts[1]}`, { method: 'DELETE' })).status).toBe(204);
      await hear(both, participant);
      const wanted = [paragraphs(3)[0], paragraphs(3)[2]];
      await eventually(() => expect(sentTo(participant)).toEqual(wanted), 'the others go', { withinMs: 20_000 });
      expect((await read(parts[1])).status).toBe('cancelled');
    });

    it('is accepted once, however often it is sent with its key', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      const before = await counts();
      const headers = { 'idempotency-key': `long-${participant}` };
      const [first, second] = [await send(long(2, participant), headers), await send(long(2, participant), headers)];
      expect([first.status, second.status, second.headers.get('idempotency-replayed')]).toEqual([202, 202, 'true']);
      expect(second.text).toBe(first.text);
      expect((await counts())[0]).toBe((before[0] ?? 0) + 2);
      await eventually(() => expect(sentTo(participant)).toEqual(paragraphs(2)), 'once', { withinMs: 20_000 });
    });

    it('goes on when X refuses one part, and what it offers to press comes with its last', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      fault(both.sandbox, { route: 'send', kind: 'status', participant, status: 403, code: 354, message: 'The text of your direct message is over the max character limit.' });
      const quickReplies = [{ label: 'Yes' }, { label: 'No' }];
      const body = long(3, participant);
      const { parts } = (await send({ ...body, content: { ...(body as unknown as { content: object }).content, quickReplies } })).body;
      expect((await messageIn(service, parts[0] ?? '', 'failed')).failure.x.code).toBe(354);
      await messageIn(service, parts[2] ?? '', 'sent');
      expect(sentTo(participant)).toEqual(paragraphs(3).slice(1));
      expect([(await read(parts[1])).content.quickReplies, (await read(parts[2])).content.quickReplies]).toEqual([undefined, quickReplies]);
    });

    it('is one message like any other where it fits', async () => {
      const participant = newcomer(both.sandbox);
      const { body } = await send({ ...textTo('  short ', participant), splitLongText: true });
      expect(body).toMatchObject({ content: { type: 'text', text: '  short ' } });
      expect(body).not.toHaveProperty('parts');
    });

    it.each([
      ['without being asked to', { splitLongText: false }, 10_001],
      ['beyond 50,000 characters', {}, 50_001],
    ])('is not split %s', async (_what, more, length) => {
      for (const path of ['/v1/messages', '/v1/messages/check']) {
        const answer = await service.call(path, { body: { ...textTo('x'.repeat(length)), splitLongText: true, ...more } });
        expect([answer.status, answer.body.code, answer.body.errors]).toEqual([400, 'request.invalid', [having({ pointer: '/content/text' })]]);
      }
    });
  });
});
