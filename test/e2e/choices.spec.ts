import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { having } from './answers.js';
import { NAJM, RANIA } from './cast.js';
import { countRows, queryDatabase } from './database.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, type Service, startBoth } from './service.js';

forEachEngine((engine) => {
  describe('What a message offers to press', () => {
    let both: Both;
    let service: Service;

    const quickReplies = [
      { label: 'Riyadh 🏙', description: 'Central region', metadata: 'city:riyadh' },
      { label: 'Jeddah', description: 'Western region' },
    ];
    const buttons = [{ label: 'Track my order', url: 'https://www.najm.example/track?id=7&x=<y>' }];
    const offering = (content: object, number: string = RANIA.id) => ({ from: NAJM.id, to: { number }, content: { type: 'text', text: 'Pick your city.', ...content } });
    const send = (body: unknown) => service.call('/v1/messages', { body });
    const check = (body: unknown) => service.call('/v1/messages/check', { body });
    const onPhone = (participant: string) => both.sandbox.conversations.view(NAJM.id, participant).messages;

    beforeAll(async () => {
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__X__TIMEOUT_MS: '500' } });
      service = both.service;
      await connectNajm(service);
      await hear(both, RANIA.id);
    });
    afterAll(() => both.stop());

    it('is stored, answered and sent as it was given, quick replies and buttons together', async () => {
      const { status, body } = await send(offering({ quickReplies, buttons }));
      expect([status, body.content]).toEqual([202, { type: 'text', text: 'Pick your city.', quickReplies, buttons }]);
      const sent = await messageIn(service, body.id, 'sent');
      expect(sent.content).toEqual(body.content);
      expect(onPhone(RANIA.id).at(-1)).toMatchObject({ quickReply: quickReplies, ctas: [having(buttons[0] ?? {})] });
    });

    it('comes back with the answer: the metadata of the quick reply that was pressed', async () => {
      const { eventId } = await both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'Riyadh 🏙', quickReplyMetadata: 'city:riyadh' });
      const answer = await eventually(async () => {
        const { body } = await service.call('/v1/messages?direction=inbound');
        return body.data.find(({ xMessageId }) => xMessageId === eventId) ?? null;
      }, 'the answer is there');
      expect(answer.content).toEqual({ type: 'text', text: 'Riyadh 🏙', quickReply: { metadata: 'city:riyadh' } });
    });

    it('does not keep an unknown message from being known again by its echo', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      fault(both.sandbox, { route: 'send', kind: 'accept-then-hang', participant });
      const { body } = await send(offering({ quickReplies, buttons }, participant));
      expect((await messageIn(service, body.id, 'sent')).content).toEqual(body.content);
      expect(onPhone(participant)).toHaveLength(2);
    });

    it.each<[string, object, string]>([
      ['no options', { quickReplies: [] }, '/content/quickReplies'],
      ['21 options', { quickReplies: Array.from({ length: 21 }, (_, n) => ({ label: `${n}` })) }, '/content/quickReplies'],
      ['a label of 37 characters', { quickReplies: [{ label: '🏙'.repeat(37) }] }, '/content/quickReplies/0/label'],
      ['a blank label', { quickReplies: [{ label: ' ' }] }, '/content/quickReplies/0/label'],
      ['a label with a web address', { quickReplies: [{ label: 'See HTTPS://x.example' }] }, '/content/quickReplies/0/label'],
      ['a description of 73 characters', { quickReplies: [{ label: 'a', description: 'd'.repeat(73) }] }, '/content/quickReplies/0/description'],
      ['a description that others have not', { quickReplies: [{ label: 'a', description: 'd' }, { label: 'b' }] }, '/content/quickReplies/1/description'],
      ['metadata of 1,001 characters', { quickReplies: [{ label: 'a', metadata: 'm'.repeat(1_001) }] }, '/content/quickReplies/0/metadata'],
      ['an option with an unknown field', { quickReplies: [{ label: 'a', value: 'b' }] }, '/content/quickReplies/0/value'],
      ['no buttons', { buttons: [] }, '/content/buttons'],
      ['4 buttons', { buttons: Array.from({ length: 4 }, () => ({ label: 'a', url: 'https://a.example' })) }, '/content/buttons'],
      ['a button with a label of 37 characters', { buttons: [{ label: 'b'.repeat(37), url: 'https://a.example' }] }, '/content/buttons/0/label'],
      ['a button that leads nowhere', { buttons: [{ label: 'a', url: 'javascript:alert(1)' }] }, '/content/buttons/0/url'],
      ['a button without an address', { buttons: [{ label: 'a' }] }, '/content/buttons/0/url'],
    ])('is refused with a pointer to it, and nothing is stored: %s', async (_what, content, pointer) => {
      const before = await countRows(both.databaseUrl, 'messages');
      for (const answer of [await send(offering(content)), await check(offering(content))]) {
        expect([answer.status, answer.body.code]).toEqual([400, 'request.invalid']);
        expect(answer.body.errors).toEqual([having({ pointer })]);
      }
      expect(await countRows(both.databaseUrl, 'messages')).toBe(before);
    });

    it('may be as much as X takes', async () => {
      const most = {
        quickReplies: Array.from({ length: 20 }, (_, n) => ({ label: `${n}`.padEnd(36, 'é'), description: 'd'.repeat(72), metadata: 'm'.repeat(1_000) })),
        buttons: [1, 2, 3].map((n) => ({ label: 'b'.repeat(36), url: `http://a.example/${n}` })),
      };
      const participant = newcomer(both.sandbox);
      const { body } = await send(offering(most, participant));
      expect((await messageIn(service, body.id, 'sent', 'failed')).status).toBe('sent');
      expect(onPhone(participant)[0]).toMatchObject({ quickReply: most.quickReplies });
    });

    it.each([
      ['quick replies', { quickReplies }, '/content/quickReplies'],
      ['buttons', { buttons }, '/content/buttons'],
    ])('is refused on a channel whose generation of X’s API has not: %s', async (_what, content, pointer) => {
      await queryDatabase(both.databaseUrl, "UPDATE channels SET messages_api = 'v2'");
      try {
        await eventually(async () => expect((await check(offering(content))).status).toBe(409), 'the channel is known to be one of v2');
        for (const answer of [await send(offering(content)), await check(offering(content))]) {
          expect([answer.status, answer.body.code, answer.body.errors]).toEqual([409, 'channel.not-supported', [having({ pointer })]]);
        }
        expect((await check(offering({}))).status).toBe(200);
      } finally {
        await queryDatabase(both.databaseUrl, "UPDATE channels SET messages_api = 'v1.1'");
      }
    });
  });
});
