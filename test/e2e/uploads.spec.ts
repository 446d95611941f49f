import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { formOf, sampleOf } from '../support/media-samples.js';
import type { AnswerBody } from './answers.js';
import { ADMIN_KEY, type Both, startBoth } from './service.js';

const MEGABYTE = 1_048_576;

forEachEngine((engine) => {
  describe('Uploads', () => {
    let both: Both;
    let directory: string;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'dm-channel-media-'));
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__MEDIA__DIRECTORY: directory } });
    });
    afterAll(async () => {
      await both.stop();
      await rm(directory, { recursive: true, force: true });
    });

    const post = async (body: FormData | string, headers: Record<string, string> = {}, key = ADMIN_KEY) => {
      const response = await fetch(`${both.service.url}/v1/media`, { method: 'POST', headers: { authorization: `Bearer ${key}`, ...headers }, body });
      return { status: response.status, headers: response.headers, body: (await response.json()) as AnswerBody };
    };
    const get = (id: string, headers: Record<string, string> = {}, key = ADMIN_KEY) => fetch(`${both.service.url}/v1/media/${id}`, { headers: { authorization: `Bearer ${key}`, ...headers } });
    const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
    const filesIn = (place: string): string[] => readdirSync(join(directory, place));

    it('are refused, and leave nothing behind, when the disk would be fuller than an operator wants', async () => {
      const fullest = { TWITTER_CHANNEL__MEDIA__DIRECTORY: directory, TWITTER_CHANNEL__MEDIA__KEEP_FREE_BYTES: '1125899906842624' };
      const full = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env: fullest });
      try {
        const response = await fetch(`${full.service.url}/v1/media`, { method: 'POST', headers: { authorization: `Bearer ${ADMIN_KEY}` }, body: formOf(sampleOf('png', 1_000)) });
        expect([response.status, await response.json()]).toEqual([507, expect.objectContaining({ code: 'media.no-room', remedy: expect.stringContaining('keepFreeBytes') as string })]);
        expect([...filesIn('uploads'), ...filesIn('partial')]).toEqual([]);
      } finally {
        await full.stop();
      }
    });

    it('are what their bytes say, whatever they are called, and are read back byte for byte', async () => {
      const file = sampleOf('png', 300_000);
      const { status, headers, body } = await post(formOf(file, { fileName: 'film.mp4' }));
      expect(status).toBe(201);
      expect(body).toMatchObject({ id: expect.stringMatching(/^med_[0-9a-z]{26}$/) as string, kind: 'photo', contentType: 'image/png', size: 300_000, shared: false, url: `/v1/media/${body.id}` });
      expect(headers.get('location')).toBe(`/v1/media/${body.id}`);
      const read = await get(body.id);
      expect(Object.fromEntries(['content-type', 'content-length', 'content-disposition', 'x-content-type-options', 'accept-ranges'].map((name) => [name, read.headers.get(name)]))).toEqual({
        'content-type': 'image/png',
        'content-length': '300000',
        'content-disposition': `inline; filename="${body.id}.png"`,
        'x-content-type-options': 'nosniff',
        'accept-ranges': 'bytes',
      });
      expect((await bytesOf(read)).equals(file)).toBe(true);
    });

    it('are read in parts', async () => {
      const file = sampleOf('mp4', 100_000);
      const { id } = (await post(formOf(file))).body;
      const part = await get(id, { range: 'bytes=70000-70009' });
      expect([part.status, part.headers.get('content-range'), part.headers.get('content-length')]).toEqual([206, 'bytes 70000-70009/100000', '10']);
      expect((await bytesOf(part)).equals(file.subarray(70_000, 70_010))).toBe(true);
      const last = await get(id, { range: 'bytes=-5' });
      expect((await bytesOf(last)).equals(file.subarray(-5))).toBe(true);
      const beyond = await get(id, { range: 'bytes=100000-' });
      expect([beyond.status, beyond.headers.get('content-range'), ((await beyond.json()) as AnswerBody).code]).toEqual([416, 'bytes */100000', 'media.range-not-satisfiable']);
    });

    it.each([
      ['an image of more than 5 MB', formOf(sampleOf('jpg', 5 * MEGABYTE + 1)), 413, 'media.too-large', '/file'],
      ['a GIF of more than 15 MB', formOf(sampleOf('gif', 15 * MEGABYTE + 1)), 413, 'media.too-large', '/file'],
      ['a picture that X does not take', formOf(sampleOf('heic', 1_000), { fileName: 'photo.jpg' }), 422, 'media.type-not-supported', '/file'],
      ['a page that says it is a picture', formOf(sampleOf('html', 1_000), { fileName: 'photo.jpg' }), 422, 'media.type-not-supported', '/file'],
      ['an empty file', formOf(Buffer.alloc(0)), 422, 'media.type-not-supported', '/file'],
      ['a file in another field', formOf(sampleOf('png', 100), { name: 'picture' }), 400, 'request.invalid', '/picture'],
      ['a field that is not known', formOf(sampleOf('png', 100), { fields: { public: 'true' } }), 400, 'request.invalid', '/public'],
      ['a flag that is none', formOf(sampleOf('png', 100), { fields: { shared: 'yes' } }), 400, 'request.invalid', '/shared'],
      ['nothing', new FormData(), 400, 'request.invalid', '/file'],
    ])('are refused: %s', async (_name, form, status, code, pointer) => {
      const before = filesIn('uploads');
      const answer = await post(form);
      expect([answer.status, answer.body.code, answer.body.errors?.[0]?.pointer]).toEqual([status, code, pointer]);
      expect([filesIn('uploads'), filesIn('partial')]).toEqual([before, []]);
    });

    it('take an image of 5 MB to the byte', async () => {
      expect((await post(formOf(sampleOf('jpg', 5 * MEGABYTE)))).status).toBe(201);
    });

    it('are refused by their announced length before a byte of them is read', async () => {
      const { hostname, port } = new URL(both.service.url);
      const heard = await new Promise<string>((done) => {
        const socket = net.connect(Number(port), hostname, () => socket.write(`POST /v1/media HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: ${600 * MEGABYTE}\r\n\r\n`));
        let text = '';
        socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
        socket.on('close', () => done(text));
      });
      expect(heard).toMatch(/^HTTP\/1\.1 413 [^]*connection: close[^]*"code":"media.too-large"/i);
    });

    it('want the form in which files are sent', async () => {
      const json = await post('{}', { 'content-type': 'application/json' });
      expect([json.status, json.body.code]).toEqual([415, 'request.unsupported-media-type']);
      const elsewhere = await fetch(`${both.service.url}/v1/messages`, { method: 'POST', headers: { authorization: `Bearer ${ADMIN_KEY}` }, body: formOf(sampleOf('png', 100)) });
      expect(elsewhere.status).toBe(415);
    });

    it('leave nothing when their sender goes away in the middle', async () => {
      const before = filesIn('uploads');
      const { hostname, port } = new URL(both.service.url);
      const socket = net.connect(Number(port), hostname);
      socket.write(`POST /v1/media HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 1000000\r\n\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`);
      socket.write(sampleOf('mp4', 400_000));
      await eventually(() => (filesIn('partial').length === 1 ? true : null), 'it is coming in');
      socket.destroy();
      await eventually(() => (filesIn('partial').length === 0 ? true : null), 'what came is gone');
      expect(filesIn('uploads')).toEqual(before);
    });

    it('are made once with an Idempotency-Key, which is for one file', async () => {
      const headers = { 'idempotency-key': 'an-upload' };
      const first = await post(formOf(sampleOf('png', 2_000)), headers);
      const again = await post(formOf(sampleOf('png', 2_000)), headers);
      expect([again.status, again.body.id, again.headers.get('idempotency-replayed')]).toEqual([201, first.body.id, 'true']);
      const other = await post(formOf(sampleOf('png', 2_001)), headers);
      expect([other.status, other.body.code]).toEqual([422, 'request.idempotency-key-reused']);
    });

    it('are a team’s, and of a limited key its own', async () => {
      const key = async (team: string, more: object = {}) => (await both.service.call('/v1/api-keys', { body: { team, scopes: ['messages:send', 'messages:read'], ...more } })).body.key;
      const [ours, theirs] = [await key('us'), await key('them')];
      const { body } = await post(formOf(sampleOf('gif', 500)), {}, ours);
      expect((await get(body.id, {}, ours)).status).toBe(200);
      const foreign = await get(body.id, {}, theirs);
      expect([foreign.status, ((await foreign.json()) as AnswerBody).code]).toEqual([404, 'media.not-found']);
    });
  });
});
