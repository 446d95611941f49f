import { eventually } from '../support/eventually.js';
import { forEachEngine } from '../support/engines.js';
import { type AnswerBody, having, textLike } from './answers.js';
import { RANIA } from './cast.js';
import { type Answer, type Both, connectNajm, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';

forEachEngine((engine) => {
  describe('Lists', () => {
    let both: Both;
    let service: Service;

    const walk = async (path: string, between: () => Promise<unknown> = () => Promise.resolve()) => {
      const pages: AnswerBody[][] = [];
      let next: string | null = '';
      while (next !== null) {
        const { status, body }: Answer = await service.call(`${path}${next === '' ? '' : `&cursor=${next}`}`);
        expect(status).toBe(200);
        pages.push(body['data']);
        next = body['page'].next;
        await between();
      }
      return pages;
    };
    const send = async (text: string, participant = RANIA.id, reference?: string) => {
      const { body } = await service.call('/v1/messages', { body: { ...textTo(text, participant), ...(reference === undefined ? {} : { reference }) } });
      return body;
    };

    beforeAll(async () => {
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl() });
      service = both.service;
      await connectNajm(service);
      await hear(both, RANIA.id, 'inbound');
      for (let index = 1; index <= 6; index += 1) await send(`outbound ${index}`);
    });
    afterAll(() => both.stop());

    it('give every entry once, newest first, also while others are added', async () => {
      let added = 0;
      const pages = await walk('/v1/messages?limit=2', () => send(`added ${(added += 1)}`));
      expect(pages.map((page) => page.map(({ content }) => content.text))).toEqual([
        ['outbound 6', 'outbound 5'],
        ['outbound 4', 'outbound 3'],
        ['outbound 2', 'outbound 1'],
        ['inbound'],
      ]);
    });

    it('end with next null when the last page is full, and are empty when there is nothing', async () => {
      const { body } = await service.call('/v1/messages?direction=inbound&limit=1');
      expect(body).toEqual({ data: [having({ direction: 'inbound' })], page: { next: null } });
      expect((await service.call('/v1/messages?reference=nothing')).body).toEqual({ data: [], page: { next: null } });
    });

    it('give 20 entries unless asked for another number, up to 100', async () => {
      for (let index = 0; index < 15; index += 1) await send(`filler ${index}`);
      expect((await service.call('/v1/messages')).body['data']).toHaveLength(20);
      expect((await service.call('/v1/messages?limit=100')).body['data'].length).toBeGreaterThan(20);
    });

    it('find messages by channel, conversation, status, direction and reference', async () => {
      const participant = newcomer(both.sandbox);
      const sent = await send('to be found', participant, 'ORDER 1001/ä');
      await messageIn(service, sent['id'], 'sent');
      const held = (await service.call('/v1/messages', { body: { ...textTo('waits', participant), beyondAllotment: 'hold' } })).body;
      const ids = async (query: Record<string, string>) =>
        ((await service.call(`/v1/messages?limit=100&${new URLSearchParams(query).toString()}`)).body['data'] as { id: string }[]).map(({ id }) => id);

      expect(await ids({ reference: 'ORDER 1001/ä' })).toEqual([sent['id']]);
      expect(await ids({ conversationId: sent['conversationId'] })).toEqual([held['id'], sent['id']]);
      expect(await ids({ conversationId: sent['conversationId'], status: 'held' })).toEqual([held['id']]);
      expect(await ids({ channelId: sent['channelId'], status: 'received' })).toHaveLength(1);
      expect(await ids({ channelId: 'chn_00000000000000000000000000' })).toEqual([]);
      expect((await service.call('/v1/messages?status=claimed')).status).toBe(400);
      expect((await service.call('/v1/messages?direction=sideways')).body['errors'][0]?.pointer).toBe('?direction');
    });

    it('show conversations with their windows, open ones or the others, and their messages newest first', async () => {
      await eventually(async () => {
        for (const status of ['queued', 'sending']) expect((await service.call(`/v1/messages?status=${status}`)).body['data']).toEqual([]);
      }, 'everything is sent', { withinMs: 20_000 });
      const { body: open } = await service.call('/v1/conversations?windowOpen=true');
      expect(open['data']).toEqual([
        having({
          id: textLike(/^cnv_/),
          participant: { number: RANIA.id, name: `@${RANIA.username}`, displayName: 'Rania Kader' },
          window: having({ open: true, allotment: 5, used: 5, remaining: 0 }),
          lastMessageAt: textLike(/Z$/),
        }),
      ]);
      const { body: closed } = await service.call('/v1/conversations?windowOpen=false');
      expect(closed['data']).toHaveLength(1);
      const conversation = open['data'][0] as AnswerBody;
      expect((await service.call(`/v1/conversations/${conversation.id}`)).body).toEqual(conversation);
      const pages = await walk(`/v1/conversations/${conversation.id}/messages?limit=5`);
      const texts = pages.flat().map(({ content }) => content.text);
      expect(texts.at(-1)).toBe('inbound');
      expect(new Set(texts).size).toBe(texts.length);
      expect(texts[0]).toBe('filler 14');
    });

    it('refuse a cursor that this service did not give', async () => {
      const { body } = await service.call('/v1/messages?limit=1');
      const cursor = body['page'].next as string;
      for (const wrong of [`${cursor}A`, cursor.slice(1), Buffer.from("after:msg_0' OR 1=1 --").toString('base64url'), '%20', 'null']) {
        const answer = await service.call(`/v1/messages?cursor=${wrong}`);
        expect([wrong, answer.status, answer.body['code']]).toEqual([wrong, 400, 'request.invalid-cursor']);
      }
    });
  });
});
