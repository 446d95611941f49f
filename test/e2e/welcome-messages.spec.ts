import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { NAJM } from './cast.js';
import { queryDatabase } from './database.js';
import { having } from './answers.js';
import { type Both, connectNajm, fault, type Service, startBoth } from './service.js';

interface Welcome {
  channelId: string;
  text: string;
  xWelcomeMessageId: string;
  code: string;
}

forEachEngine((engine) => {
  describe('A channel’s welcome message', () => {
    let both: Both;
    let service: Service;
    let path: string;

    const quickReplies = [{ label: 'My order', metadata: 'menu:order' }, { label: 'An agent' }];
    const buttons = [{ label: 'Opening hours', url: 'https://www.najm.example/hours' }];
    const put = (body: object) => service.call<Welcome>(path, { method: 'PUT', body });
    const get = () => service.call<Welcome>(path);
    const atX = () => {
      const { messages, rules } = both.sandbox.overview.welcome(NAJM.id);
      return { texts: messages.map(({ text }) => text), shown: rules.map(({ messageId }) => messages.find(({ id }) => id === messageId)?.text) };
    };

    beforeAll(async () => {
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__X__TIMEOUT_MS: '500' } });
      service = both.service;
      path = `/v1/channels/${(await connectNajm(service)).id}/welcome-message`;
    });
    afterEach(() => both.sandbox.faults.remove());
    afterAll(() => both.stop());

    it('is none at first, and taking it away is harmless', async () => {
      const none = await get();
      expect([none.status, none.body.code]).toEqual([404, 'channel.no-welcome-message']);
      expect((await service.call(path, { method: 'DELETE' })).status).toBe(204);
    });

    it('is kept at X and here, with what it offers to press; setting it again changes nothing that is seen', async () => {
      const first = await put({ text: 'Welcome & <hello>!', quickReplies, buttons });
      const { status, body } = await put({ text: 'Welcome & <hello>!', quickReplies, buttons });
      expect([first.status, status, body]).toMatchObject([200, 200, { text: 'Welcome & <hello>!', quickReplies, buttons }]);
      expect((await get()).body).toEqual(body);
      expect(both.sandbox.overview.welcome(NAJM.id)).toMatchObject({
        messages: [{ id: body.xWelcomeMessageId, text: 'Welcome & <hello>!', quickReply: quickReplies, ctas: buttons }],
        rules: [{ messageId: body.xWelcomeMessageId }],
      });
    });

    it.each([
      ['the new one is refused', { route: 'welcome-messages', kind: 'status', status: 403, code: 214, message: 'No.' }, 502],
      ['the new one is made and its answer lost', { route: 'welcome-messages', kind: 'accept-then-reset' }, 503],
      ['its rule is refused', { route: 'welcome-rules', kind: 'status', status: 403, code: 200, message: 'Forbidden.' }, 502],
      ['its rule is made and the answer lost', { route: 'welcome-rules', kind: 'accept-then-500' }, 503],
    ] as const)('stays what it was, and nothing is left behind at X, when %s', async (_what, settings, status) => {
      await put({ text: 'Before' });
      fault(both.sandbox, settings);
      expect((await put({ text: 'After' })).status).toBe(status);
      expect((await get()).body.text).toBe('Before');
      expect(atX()).toEqual({ texts: ['Before'], shown: ['Before'] });
    });

    it('is cleared of what could not be taken away before, with the next change', async () => {
      await put({ text: 'Before' });
      // Whatever is asked after the new one is made fails: its rule, and all that would tidy up.
      fault(both.sandbox, { route: 'welcome-rules', kind: 'accept-then-500' });
      fault(both.sandbox, { route: 'welcome-messages', kind: 'delay', delayMs: 0 });
      fault(both.sandbox, { route: 'welcome-messages', kind: 'status', status: 500, times: null });
      expect((await put({ text: 'Left behind' })).status).toBe(503);
      both.sandbox.faults.remove();
      expect(atX().texts).toEqual(['Before', 'Left behind']);
      expect((await put({ text: 'Next' })).status).toBe(200);
      expect(atX()).toEqual({ texts: ['Next'], shown: ['Next'] });
    });

    it('is one, however many set it at once', async () => {
      const answers = await Promise.all(['one', 'two', 'three'].map((text) => put({ text })));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(atX()).toEqual({ texts: [(await get()).body.text], shown: [(await get()).body.text] });
    });

    it('is taken away at X and here', async () => {
      await put({ text: 'For a while' });
      expect((await service.call(path, { method: 'DELETE' })).status).toBe(204);
      expect([(await get()).status, atX()]).toEqual([404, { texts: [], shown: [] }]);
    });

    it.each([
      ['no text', {}, '/text'],
      ['9,991 characters', { text: 'x'.repeat(9_991) }, '/text'],
      ['a label with a web address', { text: 'x', quickReplies: [{ label: 'www.najm.example' }] }, '/quickReplies/0/label'],
      ['four buttons', { text: 'x', buttons: Array.from({ length: 4 }, () => buttons[0]) }, '/buttons'],
    ])('is refused with a pointer, and X is asked nothing: %s', async (_what, body, pointer) => {
      const before = both.sandbox.ledger.requests.length;
      const { status, body: problem } = await service.call(path, { method: 'PUT', body });
      expect([status, problem.errors]).toEqual([400, [having({ pointer })]]);
      expect(both.sandbox.ledger.requests).toHaveLength(before);
    });

    it('is refused on a channel whose generation of X’s API has none', async () => {
      await queryDatabase(both.databaseUrl, "UPDATE channels SET messages_api = 'v2'");
      await eventually(async () => {
        const { status, body } = await put({ text: 'x' });
        expect([status, body.code]).toEqual([409, 'channel.not-supported']);
      }, 'the channel is known to be one of v2');
    });
  });
});
