import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forEachEngine } from '../support/engines.js';
import { formOf, sampleOf, type SampleKind } from '../support/media-samples.js';
import type { AnswerBody } from './answers.js';
import { NAJM, RANIA } from './cast.js';
import { ADMIN_KEY, type Both, connectNajm, fault, hear, messageIn, newcomer, startBoth, textTo } from './service.js';

forEachEngine((engine) => {
  describe('Media that are sent', () => {
    let both: Both;
    let directory: string;

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'dm-channel-media-'));
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__MEDIA__DIRECTORY: directory, TWITTER_CHANNEL__MEDIA__UPLOAD_TRIES: '3', TWITTER_CHANNEL__MEDIA__ALLOWED_HOSTS: '127.0.0.1/32' } });
      await connectNajm(both.service);
      await hear(both, RANIA.id);
    });
    afterAll(async () => {
      await both.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    const upload = async (kind: SampleKind, size: number, fields: Record<string, string> = {}): Promise<AnswerBody> => {
      const response = await fetch(`${both.service.url}/v1/media`, { method: 'POST', headers: { authorization: `Bearer ${ADMIN_KEY}` }, body: formOf(sampleOf(kind, size), { fields }) });
      return (await response.json()) as AnswerBody;
    };
    const send = async (mediaId: string, more: object = {}, number: string = RANIA.id) => (await both.service.call('/v1/messages', { body: { from: NAJM.id, to: { number }, content: { type: 'media', mediaId, ...more } } })).body;
    const sendsOf = (xMessageId: string) => both.sandbox.ledger.sends.filter(({ eventId }) => eventId === xMessageId);
    const uploadsAtX = () => both.sandbox.ledger.requests.filter(({ path, method }) => path === '/1.1/media/upload.json' && method === 'POST').length;

    it.each([
      ['png', 40_000, 'photo'],
      ['gif', 2_500_000, 'animated_gif'],
      ['mp4', 3_000_000, 'video'],
    ] as const)('go to X in chunks and then with their message: %s', async (sample, size, kind) => {
      const { id: mediaId } = await upload(sample, size);
      const accepted = await send(mediaId, { text: 'Here it is' });
      expect(accepted.content).toMatchObject({ type: 'media', text: 'Here it is', media: { id: mediaId, kind, size, url: `/v1/media/${mediaId}` } });
      const sent = await messageIn(both.service, accepted.id, 'sent');
      expect(sendsOf(sent.xMessageId)).toHaveLength(1);
      const xMessage = both.sandbox.conversations.view(NAJM.id, RANIA.id).messages.find(({ id }) => id === sent.xMessageId);
      expect(xMessage?.photo).toMatchObject({ mediaId: expect.stringMatching(/^\d+$/) as string, ...(kind === 'photo' ? {} : { kind }) });
      const timeline = (await both.service.call(`/v1/messages/${accepted.id}/attempts`)).body.data as unknown as { kind: string; state?: string; sentBytes?: number }[];
      expect(timeline.filter(({ kind: step }) => step === 'media-handed-over').at(-1)).toMatchObject({ state: 'ready', sentBytes: size });
    });

    it('go with messages over v2 too, alone or with a text', async () => {
      const { id: channelId } = (await both.service.call<{ data: AnswerBody[] }>('/v1/channels')).body.data[0] as AnswerBody;
      const use = (messagesApi: string) => both.service.call(`/v1/channels/${channelId}`, { method: 'PATCH', body: { messagesApi } });
      await use('v2');
      try {
        const { id: mediaId } = await upload('png', 5_000);
        for (const more of [{}, { text: 'Over v2' }]) {
          const sent = await messageIn(both.service, (await send(mediaId, more)).id, 'sent');
          expect(sendsOf(sent.xMessageId)).toEqual([expect.objectContaining({ text: '', mediaId: expect.stringMatching(/^\d+$/) as string, ...more })]);
        }
      } finally {
        await use('v1.1');
      }
    });

    it('keep the order of their conversation, and hold up nobody else', async () => {
      const { id: mediaId } = await upload('mp4', 2_000_000);
      fault(both.sandbox, { route: 'upload', kind: 'delay', delayMs: 1_500 });
      const first = await send(mediaId);
      const second = (await both.service.call('/v1/messages', { body: textTo('After the film') })).body;
      const other = (await both.service.call('/v1/messages', { body: textTo('To somebody else', newcomer(both.sandbox)) })).body;
      const sent = await Promise.all([first, second, other].map(({ id }) => messageIn(both.service, id, 'sent')));
      const order = both.sandbox.ledger.sends.map(({ eventId }) => eventId);
      const [film, after, elsewhere] = sent.map(({ xMessageId }) => order.indexOf(xMessageId));
      expect([film as number, elsewhere as number]).toEqual([Math.min(film as number, after as number), Math.min(elsewhere as number, film as number)]);
    });

    it('go to X once for several people where X may share them, and once for each where not', async () => {
      const people = [newcomer(both.sandbox), newcomer(both.sandbox)];
      const counts: number[] = [];
      for (const shared of ['true', 'false']) {
        const { id: mediaId } = await upload('png', 5_000, { shared });
        const before = uploadsAtX();
        for (const person of people) await messageIn(both.service, (await send(mediaId, {}, person)).id, 'sent');
        counts.push(uploadsAtX() - before);
      }
      // INIT, APPEND, FINALIZE.
      expect(counts).toEqual([3, 6]);
    });

    it('are tried again while X is away, and fail with X’s answer when X refuses them', async () => {
      const { id: mediaId } = await upload('png', 5_000);
      fault(both.sandbox, { route: 'upload', kind: 'reset-before' });
      const again = await send(mediaId);
      expect(await messageIn(both.service, again.id, 'sent')).toMatchObject({ failure: null });
      expect((await both.service.call(`/v1/messages/${again.id}/attempts`)).body.data).toContainEqual(expect.objectContaining({ kind: 'media-put-off' }));
      fault(both.sandbox, { route: 'upload', kind: 'status', status: 400, code: 324 });
      const refused = await messageIn(both.service, (await send(mediaId)).id, 'failed');
      expect(refused).toMatchObject({ charge: null, failure: { code: 'message.media-refused', x: { status: 400, code: 324 } } });
      fault(both.sandbox, { route: 'upload', kind: 'status', status: 503, code: 130, times: 3 });
      expect(await messageIn(both.service, (await send(mediaId)).id, 'failed')).toMatchObject({ failure: { code: 'message.media-not-uploaded', x: { status: 503 } } });
    });

    it('are fetched from their address by the guarded way, or refused', async () => {
      const file = sampleOf('jpg', 90_000);
      const server = createServer((request, response) => {
        if (request.url === '/page') return void response.end('<!doctype html><p>no picture');
        if (request.url === '/moved') return void response.writeHead(302, { location: '/a.jpg' }).end();
        return void response.end(file);
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const sendUrl = (content: object) => both.service.call('/v1/messages', { body: { from: NAJM.id, to: { number: RANIA.id }, content: { type: 'media', ...content } } });
      try {
        const { body } = await sendUrl({ mediaUrl: `${at}/a.jpg` });
        expect(body.content.media).toMatchObject({ kind: 'photo', size: 90_000 });
        await messageIn(both.service, body.id, 'sent');
        const refused = await Promise.all([sendUrl({ mediaUrl: `${at}/page` }), sendUrl({ mediaUrl: `${at}/moved` }), sendUrl({ mediaUrl: 'https://10.0.0.1/a.jpg' }), sendUrl({ mediaUrl: 'http://93.184.215.14/a.jpg' }), sendUrl({})]);
        expect(refused.map(({ status, body: { code, errors } }) => [status, code, errors[0]?.pointer])).toEqual([
          [422, 'media.type-not-supported', '/content/mediaUrl'],
          [422, 'media.source-failed', '/content/mediaUrl'],
          [422, 'media.source-not-allowed', '/content/mediaUrl'],
          [422, 'media.source-not-allowed', '/content/mediaUrl'],
          [422, 'media.source-missing', '/content'],
        ]);
      } finally {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    });

    it('are looked for before anything is accepted', async () => {
      const answer = await both.service.call('/v1/messages', { body: { from: NAJM.id, to: { number: RANIA.id }, content: { type: 'media', mediaId: 'med_00000000000000000000000000' } } });
      expect([answer.status, answer.body.code, answer.body.errors[0]?.pointer]).toEqual([404, 'media.not-found', '/content/mediaId']);
    });
  });
});
