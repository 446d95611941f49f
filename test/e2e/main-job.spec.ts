import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { NAJM, RANIA } from './cast.js';
import { connectNajm, type Service, startBoth, textTo } from './service.js';

forEachEngine((engine) => {
  describe('The main job', () => {
    let both: Awaited<ReturnType<typeof startBoth>>;
    let service: Service;

    beforeAll(async () => {
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl() });
      service = both.service;
      await connectNajm(service);
    });
    afterAll(() => both.stop());

    it('shows a participant’s message over REST, with the reply window that it opened', async () => {
      await both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'Is <SIM> & more in stock?' });

      const [message] = await eventually(async () => {
        const { body } = await service.call('/v1/messages?direction=inbound');
        return body['data'].length > 0 ? body['data'] : null;
      }, 'the message is there');

      expect(message).toMatchObject({
        direction: 'inbound',
        status: 'received',
        from: { number: RANIA.id, name: `@${RANIA.username}` },
        to: { number: NAJM.id, name: `@${NAJM.username}` },
        content: { type: 'text', text: 'Is <SIM> & more in stock?' },
        window: { open: true, allotment: 5, used: 0, remaining: 5 },
      });
    });

    it('counts five free replies down and charges the sixth to the rate limit, as X itself does', async () => {
      const answers = [];
      for (let reply = 1; reply <= 6; reply += 1) {
        answers.push(await service.call('/v1/messages', { body: textTo(`Reply ${reply}`) }));
      }

      expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 202]);
      expect(answers.map(({ body }) => [body['charge'], body['window'].remaining])).toEqual([
        ['reply', 4],
        ['reply', 3],
        ['reply', 2],
        ['reply', 1],
        ['reply', 0],
        ['rate-limit', 0],
      ]);
      await eventually(async () => {
        const { body } = await service.call('/v1/messages?status=sent&direction=outbound');
        return body['data'].length === 6;
      }, 'all six are sent');
      const seen = both.sandbox.conversations.view(NAJM.id, RANIA.id);
      expect(seen.messages.filter((message) => message.senderId === NAJM.id).map((message) => [message.text, message.countedAgainst])).toEqual([
        ['Reply 1', 'allowance'],
        ['Reply 2', 'allowance'],
        ['Reply 3', 'allowance'],
        ['Reply 4', 'allowance'],
        ['Reply 5', 'allowance'],
        ['Reply 6', 'limit'],
      ]);
    });

    it('does not show X’s echoes of our own sends as further messages', async () => {
      await both.sandbox.whenIdle();
      const { body } = await service.call('/v1/messages?direction=outbound');
      expect(body['data'].map((message: { source: string }) => message.source)).toEqual(['api', 'api', 'api', 'api', 'api', 'api']);
    });
  });
});
