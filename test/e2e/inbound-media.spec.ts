import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { madeUpMedium } from '../../src/sandbox/world/media-store.js';
import { MediaSweep } from '../../src/messaging/media/media-sweep.service.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import type { AnswerBody } from './answers.js';
import { NAJM, RANIA } from './cast.js';
import { ADMIN_KEY, type Both, connectNajm, fault, startBoth } from './service.js';

const MEGABYTE = 1_048_576;

forEachEngine((engine) => {
  describe('Media that participants send', () => {
    let both: Both;
    let directory: string;

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'dm-channel-media-'));
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__MEDIA__DIRECTORY: directory, TWITTER_CHANNEL__MEDIA__CACHE_MAX_BYTES: String(2 * MEGABYTE) } });
      await connectNajm(both.service);
    });
    afterAll(async () => {
      await both.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    const receive = async (kind: 'photo' | 'animated_gif' | 'video', sizeBytes: number, text = 'Look'): Promise<AnswerBody> => {
      const { eventId } = await both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text, media: { kind, sizeBytes } });
      return eventually(async () => (await both.service.call('/v1/messages?direction=inbound&limit=100')).body.data.find(({ xMessageId }) => xMessageId === eventId) ?? null, 'the message is there');
    };
    const read = (url: string, headers: Record<string, string> = {}) => fetch(`${both.service.url}${url}`, { headers: { authorization: `Bearer ${ADMIN_KEY}`, ...headers } });
    const codeOf = async (response: Response) => ((await response.json()) as AnswerBody).code;
    const fetched = () => both.sandbox.ledger.requests.filter(({ path, status }) => /^\/(1\.1\/ton|dm_video|dm_gif)\//.test(path) && status === 200).length;

    it.each([
      ['photo', 'image/jpeg', 300_000],
      ['animated_gif', 'video/mp4', 20_000],
      ['video', 'video/mp4', 900_000],
    ] as const)('are read at our address, fetched from X once: %s', async (kind, contentType, size) => {
      const { content } = await receive(kind, size);
      expect(content).toEqual({ type: 'media', text: 'Look', media: { id: expect.stringMatching(/^med_[0-9a-z]{26}$/) as string, kind, url: `/v1/media/${content.media?.id}` } });
      const before = fetched();
      const both2 = await Promise.all([read(content.media?.url ?? ''), read(content.media?.url ?? '', { range: 'bytes=100-199' })]);
      const expected = madeUpMedium(kind === 'photo' ? 'photo' : 'video', size).bytes;
      expect(both2.map(({ status, headers }) => [status, headers.get('content-type')])).toEqual([[200, contentType], [206, contentType]]);
      expect(Buffer.from(await (both2[0]).arrayBuffer()).equals(expected)).toBe(true);
      expect(Buffer.from(await (both2[1]).arrayBuffer()).equals(expected.subarray(100, 200))).toBe(true);
      await (await read(content.media?.url ?? '')).arrayBuffer();
      expect(fetched() - before).toBe(1);
    });

    it('are kept as long as there is room, the oldest going first, and are fetched again', async () => {
      const [one, two, three] = [await receive('video', MEGABYTE), await receive('video', MEGABYTE), await receive('video', MEGABYTE)];
      for (const { content } of [one, two, three]) await (await read(content.media?.url ?? '')).arrayBuffer();
      expect(readdirSync(join(directory, 'cache')).sort()).toEqual([two.content.media?.id, three.content.media?.id].sort());
      const before = fetched();
      expect((await (await read(one.content.media?.url ?? '')).arrayBuffer()).byteLength).toBe(MEGABYTE);
      expect(fetched() - before).toBe(1);
    });

    it('are never half what they are: X breaks off, is away, or has them no more', async () => {
      const { content } = await receive('photo', 500_000);
      const url = content.media?.url ?? '';
      fault(both.sandbox, { route: 'media', kind: 'reset-after' });
      const broken = await read(url);
      expect([broken.status, await codeOf(broken)]).toEqual([503, 'x.unavailable']);
      fault(both.sandbox, { route: 'media', kind: 'status', status: 404, code: 34 });
      const gone = await read(url);
      expect([gone.status, await codeOf(gone)]).toEqual([404, 'media.not-found']);
      fault(both.sandbox, { route: 'media', kind: 'reset-before' });
      const away = await read(url);
      expect([away.status, await codeOf(away)]).toEqual([503, 'x.unavailable']);
      expect(readdirSync(join(directory, 'partial'))).toEqual([]);
      expect((await (await read(url)).arrayBuffer()).byteLength).toBe(500_000);
    });

    it('are gone with the person who is erased, also what is kept of them', async () => {
      const message = await receive('photo', 40_000);
      const url = message.content.media?.url ?? '';
      await (await read(url)).arrayBuffer();
      expect(readdirSync(join(directory, 'cache'))).toContain(message.content.media?.id);
      expect((await both.service.call(`/v1/participants/${message.channelId}/${RANIA.id}`, { method: 'DELETE' })).status).toBe(204);
      expect((await read(url)).status).toBe(404);
      await eventually(() => (readdirSync(join(directory, 'cache')).length === 0 ? true : null), 'no copy is left');
    });

    it('leave nothing of a crash: what was being written is removed at the next start, and copies of what is not there any more', async () => {
      mkdirSync(join(directory, 'cache'), { recursive: true });
      writeFileSync(join(directory, 'cache', 'med_00000000000000000000000000'), 'a copy of what was erased elsewhere');
      writeFileSync(join(directory, 'uploads', 'med_00000000000000000000000001'), 'an upload that was never recorded');
      writeFileSync(join(directory, 'partial', '1-abc'), 'half of something');
      await both.service.app.get(MediaSweep).run(false);
      expect([readdirSync(join(directory, 'cache')), readdirSync(join(directory, 'uploads')), readdirSync(join(directory, 'partial'))]).toEqual([[], [], []]);
    });
  });
});
