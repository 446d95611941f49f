import { DAY_MS, HOUR_MS } from '../../src/kernel/duration.js';
import { ExpiredWindowsJob } from '../../src/messaging/window/expired-windows.job.js';
import { forEachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { queryDatabase } from './database.js';
import { type Both, connectNajm, hear, messageIn, newcomer, startBoth, textTo } from './service.js';

interface EventRow {
  type: string;
  data: string;
  occurred_at: number | string;
}

describe('The expired-windows job', () => {
  forEachEngine((engine) => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let channelId: string;
    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl() });
      channelId = (await connectNajm(both.service))['id'];
    });
    afterAll(() => both.stop());

    const run = () => both.service.app.get(ExpiredWindowsJob, { strict: false }).run();
    /** What the team is to be told of one conversation. */
    const told = async (conversationId: string): Promise<[string, number][]> =>
      (await queryDatabase<EventRow>(both.databaseUrl, 'SELECT type, data, occurred_at FROM team_events ORDER BY id'))
        .filter(({ data }) => (JSON.parse(data) as { id: string }).id === conversationId)
        .map(({ type, occurred_at }) => [type, Number(occurred_at)]);

    it('tells of each window once that it opened and once that it closed, with the time of it, however often it runs', async () => {
      const openedAt = clock.now();
      const { conversationId } = await hear(both, newcomer(both.sandbox));
      clock.set(openedAt + DAY_MS - 1);
      expect(await run()).toMatchObject({ windowsClosed: 0 });
      clock.advance(HOUR_MS);
      expect(await run()).toMatchObject({ windowsClosed: 1 });
      expect(await run()).toMatchObject({ windowsClosed: 0 });
      expect(await told(conversationId)).toEqual([['conversation.window-opened', openedAt], ['conversation.window-closed', openedAt + DAY_MS]]);
      const { body } = await both.service.call(`/v1/conversations/${conversationId}`);
      expect(body['window']).toMatchObject({ open: false, remaining: 0 });
    });

    it('is not needed: a window that was over when the participant wrote again is told of all the same', async () => {
      const participant = newcomer(both.sandbox);
      const first = clock.now();
      const { conversationId } = await hear(both, participant);
      clock.advance(2 * DAY_MS);
      const second = clock.now();
      await hear(both, participant);
      await run();
      expect(await told(conversationId)).toEqual([
        ['conversation.window-opened', first],
        ['conversation.window-closed', first + DAY_MS],
        ['conversation.window-opened', second],
      ]);
    });

    it('does not tell of a window that a newer message replaced while it was open', async () => {
      const participant = newcomer(both.sandbox);
      const { conversationId } = await hear(both, participant);
      clock.advance(HOUR_MS);
      await hear(both, participant);
      clock.advance(DAY_MS);
      await run();
      expect((await told(conversationId)).map(([type]) => type)).toEqual(['conversation.window-opened', 'conversation.window-opened', 'conversation.window-closed']);
    });

    it('fails what waits for a participant when the channel is gone', async () => {
      const { body: held } = await both.service.call('/v1/messages', { body: { ...textTo('Later', newcomer(both.sandbox)), beyondAllotment: 'hold' } });
      expect(held['status']).toBe('held');
      await both.service.call(`/v1/channels/${channelId}`, { method: 'DELETE' });
      expect(await run()).toMatchObject({ orphansFreed: 1 });
      expect((await messageIn(both.service, held['id'], 'failed'))['failure']).toMatchObject({ code: 'channel.not-found' });
    });
  });
});
