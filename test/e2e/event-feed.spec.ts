import { DAY_MS } from '../../src/kernel/duration.js';
import { TeamEvents } from '../../src/callbacks/event/team-events.service.js';
import { forEachEngine } from '../support/engines.js';
import { EventSource } from '../support/event-source.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, textWith } from './answers.js';
import { ADMIN_KEY, type Both, connectNajm, hear, newcomer, type Service, startBoth, startService } from './service.js';

describe('The feed of events', () => {
  forEachEngine((engine) => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let service: Service;
    let channelId: string;
    const open: EventSource[] = [];

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__CALLBACKS__POLL_MS: '20', TWITTER_CHANNEL__CALLBACKS__HEARTBEAT_MS: '100' } });
      service = both.service;
      channelId = (await connectNajm(service))['id'];
    });
    afterEach(() => open.splice(0).forEach((source) => source.close()));
    afterAll(() => both.stop());

    const follow = async (lastEventId?: string, key = ADMIN_KEY, of = service): Promise<EventSource> => {
      const source = await EventSource.open(`${of.url}/v1/events`, key, lastEventId);
      open.push(source);
      return source;
    };
    /** Makes so many events of the team, as the rooms do. */
    const tell = async (count: number, size = 10, of = service): Promise<void> => {
      const event = { team: 'default', channelId, conversationId: null, type: 'channel.degraded' as const, data: { text: 'x'.repeat(size) }, occurredAt: clock.now() };
      for (let n = 0; n < count; n += 100) {
        await of.app.get(TeamEvents, { strict: false }).tell(Array.from({ length: Math.min(100, count - n) }, () => event));
      }
    };
    /** The whole feed, as a client reads it: on from the last event, until there is no more. */
    const readAll = async (limit = 7, after?: string): Promise<AnswerBody[]> => {
      const found: AnswerBody[] = [];
      for (let last = after; ; ) {
        const { body } = await service.call(`/v1/events?limit=${limit}${last === undefined ? '' : `&after=${last}`}`);
        found.push(...body['data']);
        last = body['data'].at(-1)?.id ?? last;
        if (body['page'].next === null) {
          return found;
        }
        expect(body['page'].next).toBe(last);
      }
    };
    const settled = (count: number, after: string | undefined) => eventually(async () => ((await readAll(100, after)).length >= count ? true : null), `${count} events are published`);

    it('is read from the oldest, in order, and goes on after any event without one left out or twice', async () => {
      await hear(both, newcomer(both.sandbox));
      await tell(40);
      await settled(40, undefined);
      const all = await readAll(100);
      expect(all.map(({ type }) => type)).toEqual(expect.arrayContaining(['channel.connected', 'conversation.window-opened', 'message.received']));
      const ids = all.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const limit of [1, 7, 50]) {
        expect((await readAll(limit)).map(({ id }) => id)).toEqual(ids);
      }
      expect((await readAll(7, ids[20])).map(({ id }) => id)).toEqual(ids.slice(21));
      expect(Object.keys(all[0] ?? {})).toEqual(['id', 'type', 'occurredAt', 'sequence', 'channelId', 'data']);
    });

    it('loses and repeats nothing while many write at once, on several instances', async () => {
      const services = [service, ...(engine.name === 'postgres' ? [await startService({ databaseUrl: both.databaseUrl, sandboxUrl: both.sandbox.url, clock })] : [])];
      const before = (await readAll(100)).at(-1)?.id;
      const source = await follow(before);
      const seen: string[] = [];
      let last = before;
      let isWriting = true;
      const reading = (async () => {
        for (let isMore = true; isWriting || isMore; ) {
          const { body } = await service.call(`/v1/events?limit=13${last === undefined ? '' : `&after=${last}`}`);
          seen.push(...body['data'].map(({ id }) => id));
          last = body['data'].at(-1)?.id ?? last;
          isMore = body['data'].length > 0;
        }
      })();
      await Promise.all(services.flatMap((one) => Array.from({ length: 8 }, async () => {
        for (let n = 0; n < 10; n += 1) await tell(3, 10, one);
      })));
      const total = services.length * 240;
      await settled(total, before);
      isWriting = false;
      await reading;
      expect(new Set(seen).size).toBe(total);
      expect(seen).toHaveLength(total);
      await eventually(() => (source.events.length >= total ? true : null), 'the live stream has all');
      expect(source.ids).toEqual(seen);
      await services[1]?.stop();
    });

    it('is told live, and goes on from Last-Event-ID', async () => {
      const source = await follow();
      await tell(5);
      await eventually(() => (source.events.length === 5 ? true : null), 'five events come');
      source.close();
      await tell(3);
      const again = await follow(source.ids[2]);
      await eventually(() => (again.events.length === 5 ? true : null), 'the rest comes');
      expect(again.ids.slice(0, 2)).toEqual(source.ids.slice(3));
      expect(again.events[0]).toMatchObject({ event: 'channel.degraded', data: { type: 'channel.degraded', id: source.ids[3] } });
    });

    it('delays nobody for a reader that takes nothing, and loses nothing of his', async () => {
      const slow = await follow();
      slow.pause();
      const quick = await follow();
      // 20 MB in all: more than the buffers between a server and a reader take.
      await tell(1_000, 20_000);
      await eventually(() => (quick.events.length === 1_000 ? true : null), 'the quick one has all', { withinMs: 60_000 });
      quick.close();
      slow.resume();
      await eventually(() => (slow.events.length === 1_000 ? true : null), 'the slow one has all', { withinMs: 60_000 });
      expect(new Set(slow.ids).size).toBe(1_000);
    }, 120_000);

    it('is a team’s own, of the channel asked for, and says what is gone', async () => {
      const { body: other } = await service.call('/v1/api-keys', { body: { team: 'others', scopes: ['messages:read'] } });
      const [first] = await readAll(1);
      expect((await service.call('/v1/events', { key: other['key'] })).body['data']).toEqual([]);
      const foreign = await service.call(`/v1/events?after=${first?.id}`, { key: other['key'] });
      const missing = await service.call('/v1/events?after=evt_01m81mk9t2f4c7qzr5w8x0b3ne', { key: other['key'] });
      expect([foreign.status, foreign.body['code'], foreign.body['detail']]).toEqual([404, 'event.not-found', missing.body['detail']]);
      expect((await service.call('/v1/events?channelId=chn_01m81mm3kzadxvtgak2mv71gjh')).body['data']).toEqual([]);
      await expect(follow(first?.id, other['key'])).rejects.toThrow('404');
    });

    it('ends a live stream whose key is revoked', async () => {
      const { body: key } = await service.call('/v1/api-keys', { body: { team: 'default', scopes: ['messages:read'] } });
      const source = await follow(undefined, key['key']);
      await service.call(`/v1/api-keys/${key['id']}`, { method: 'DELETE' });
      await eventually(() => (source.isEnded ? true : null), 'the stream is ended');
    });

    it('shows an event for seven days', async () => {
      const last = (await readAll(100)).at(-1)?.id;
      clock.advance(7 * DAY_MS - 1_000);
      await tell(1);
      await settled(1, last);
      clock.advance(2_000);
      expect(await readAll()).toHaveLength(1);
      expect((await service.call(`/v1/events?after=${last}`)).body).toMatchObject({ status: 404, code: 'event.not-found', detail: textWith('GET /v1/messages') });
    });
  });
});
