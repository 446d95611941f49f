import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/duration.js';
import { eventually } from '../support/eventually.js';
import { forEachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import type { AnswerBody } from './answers.js';
import { countRows } from './database.js';
import { type Both, connectNajm, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';
import { deliver, inboundBody } from './x-webhook.js';

forEachEngine((engine) => {
  describe('An event that comes again, late or in another order', () => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let service: Service;
    let channel: AnswerBody;
    let lastId = 2_089_000_000_000_000_000n;
    const nextId = (): string => String((lastId += 1n));

    /** Everything that was delivered so far has had its effect. */
    const processed = () => eventually(async () => {
      return (await countRows(both.databaseUrl, "webhook_events WHERE status = 'received'")) === 0;
    }, 'all events are processed', { withinMs: 25_000 });
    const post = async (...bodies: string[]) => {
      const answers = await Promise.all(bodies.map((body) => deliver(service, channel, body)));
      expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200));
      await processed();
    };
    const conversationWith = async (participant: string): Promise<AnswerBody> => {
      const { body } = await service.call('/v1/conversations?limit=100');
      const found = body['data'].find((one) => one['participant'].number === participant);
      if (found === undefined) throw new Error(`No conversation with ${participant}`);
      return found;
    };
    const messagesWith = async (participant: string) => {
      const { body } = await service.call(`/v1/conversations/${(await conversationWith(participant))['id']}/messages?limit=100`);
      return (body['data']).map(({ content }) => content.text);
    };

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl() });
      service = both.service;
      channel = await connectNajm(service);
    });
    afterAll(() => both.stop());

    it('has one effect, however often and however much at once it comes', async () => {
      const participant = newcomer(both.sandbox);
      const body = inboundBody({ id: nextId(), text: 'once', from: participant, createdAt: clock.now() });
      await post(...Array<string>(20).fill(body));
      await post(body);
      expect(await messagesWith(participant)).toEqual(['once']);
    });

    it('has one effect when its text is the same message in other bytes', async () => {
      const participant = newcomer(both.sandbox);
      const body = inboundBody({ id: nextId(), text: 'twice told', from: participant, createdAt: clock.now() });
      await post(body, JSON.stringify(JSON.parse(body), null, 2));
      expect(await messagesWith(participant)).toEqual(['twice told']);
    });

    it('does not give replies back that were used since', async () => {
      const participant = newcomer(both.sandbox);
      const body = inboundBody({ id: nextId(), text: 'hello', from: participant, createdAt: clock.now() });
      await post(body);
      const { body: sent } = await service.call('/v1/messages', { body: textTo('hi', participant) });
      await messageIn(service, sent['id'], 'sent');
      await post(body, body);
      expect((await conversationWith(participant))['window']).toMatchObject({ used: 1, remaining: 4 });
    });

    it('never opens a window again that is over', async () => {
      const participant = newcomer(both.sandbox);
      const body = inboundBody({ id: nextId(), text: 'old', from: participant, createdAt: clock.now() });
      await post(body);
      clock.advance(DAY_MS);
      await post(body);
      expect((await conversationWith(participant))['window']).toMatchObject({ open: false, remaining: 0 });
    });

    it('opens the window by X’s time of the newest message, in whatever order they come', async () => {
      const participant = newcomer(both.sandbox);
      const [older, newer, newest] = [3, 2, 1].map((hours) =>
        inboundBody({ id: nextId(), text: `${hours} hours ago`, from: participant, createdAt: clock.now() - hours * HOUR_MS }),
      );
      await post(newer ?? '');
      await post(newest ?? '');
      await post(older ?? '');
      expect((await conversationWith(participant))['window'].openedAt).toBe(new Date(clock.now() - HOUR_MS).toISOString());
      expect((await messagesWith(participant)).sort()).toEqual(['1 hours ago', '2 hours ago', '3 hours ago']);
    });

    it('shows a message that came a month late, and opens nothing with it', async () => {
      const participant = newcomer(both.sandbox);
      await post(inboundBody({ id: nextId(), text: 'from the past', from: participant, createdAt: clock.now() - 30 * DAY_MS }));
      expect(await messagesWith(participant)).toEqual(['from the past']);
      expect((await conversationWith(participant))['window'].open).toBe(false);
    });

    it('counts a message from the future as one of now', async () => {
      const participant = newcomer(both.sandbox);
      await post(inboundBody({ id: nextId(), text: 'from the future', from: participant, createdAt: clock.now() + 10 * MINUTE_MS }));
      expect((await conversationWith(participant))['window'].openedAt).toBe(new Date(clock.now()).toISOString());
    });

    it('charges a window that we learn of late with the reply that was sent in it', async () => {
      const participant = newcomer(both.sandbox);
      const inboundAt = clock.now();
      const { eventId } = await both.sandbox.conversations.write(participant, 'participant', { to: String(channel['account'].id), text: 'delayed', deliver: false });
      clock.advance(MINUTE_MS);
      const { body } = await service.call('/v1/messages', { body: textTo('already answering', participant) });
      expect(body['charge']).toBe('rate-limit');
      await messageIn(service, body['id'], 'sent');
      await both.sandbox.conversations.redeliver(eventId);
      await processed();
      expect((await conversationWith(participant))['window']).toMatchObject({ openedAt: new Date(inboundAt).toISOString(), used: 1, remaining: 4 });
      expect((await service.call(`/v1/messages/${body['id']}`)).body['charge']).toBe('reply');
      expect(both.sandbox.conversations.view(String(channel['account'].id), participant).window.remaining).toBe(4);
    });

    it('takes five hundred messages of a burst, each once, while X repeats half of them', async () => {
      const participant = newcomer(both.sandbox);
      const bodies = Array.from({ length: 50 }, (_, delivery) =>
        inboundBody(...Array.from({ length: 10 }, (_one, index) => ({ id: nextId(), text: `${delivery}-${index}`, from: participant, createdAt: clock.now() }))),
      );
      const shuffled = [...bodies, ...bodies.filter((_body, index) => index % 2 === 0)].sort((a, b) => (a.slice(60) < b.slice(60) ? 1 : -1));
      await post(...shuffled);
      expect(await countRows(both.databaseUrl, `messages WHERE conversation_id = '${(await conversationWith(participant))['id']}'`)).toBe(500);
    });
  });
});
