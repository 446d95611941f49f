import { request } from 'node:http';
import { Client } from 'pg';
import sqlite3 from 'sqlite3';
import { eventually } from '../support/eventually.js';
import { forEachEngine, onEngine } from '../support/engines.js';
import { type AnswerBody, anyText } from './answers.js';
import { countRows, queryDatabase } from './database.js';
import { type Answer, type Both, connectNajm, type Service, startBoth } from './service.js';
import { challenge, deliver, inboundBody, sign } from './x-webhook.js';

const NESTED = 100_000;

forEachEngine((engine) => {
  describe('What the webhook keeps', () => {
    let both: Both;
    let service: Service;
    let channel: AnswerBody;
    const lastEvent = async () => {
      const [row] = await queryDatabase(both.databaseUrl, 'SELECT * FROM webhook_events ORDER BY id DESC LIMIT 1');
      if (row === undefined) throw new Error('No event is stored');
      return row;
    };
    const texts = async () => {
      const { body } = await service.call('/v1/messages?limit=100');
      return (body['data'] as { content: { text: string } }[]).map(({ content }) => content.text);
    };

    beforeAll(async () => {
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl() });
      service = both.service;
      channel = await connectNajm(service);
    });
    afterAll(() => both.stop());

    it.each([
      ['no JSON at all', Buffer.from('hello')],
      ['nothing', Buffer.alloc(0)],
      ['bytes that are not UTF-8', Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xff, 0xfe, 0xc3, 0x28]), Buffer.from('"}')])],
      ['NUL bytes', Buffer.from('{"x":"\u0000"}')],
      ['an escaped NUL as a name', Buffer.from('{"\\u0000":1}')],
      ['a byte order mark', Buffer.from('\ufeff{}')],
      ['deep nesting', Buffer.from('['.repeat(NESTED) + ']'.repeat(NESTED))],
      ['a list', Buffer.from('[]')],
      ['a number', Buffer.from('1e999')],
      ['an event that nobody knows', Buffer.from('{"for_user_id":"1488203456789012345","brand_new_events":[{}]}')],
      ['prototype names', Buffer.from('{"__proto__":{"a":1},"constructor":{"prototype":{"b":2}}}')],
      ['ids that are numbers', Buffer.from('{"for_user_id":1488203456789012345,"direct_message_events":[{"id":1}]}')],
      ['a message without a text', Buffer.from(inboundBody({ id: '42', text: 'x' }).replace('"text":"x"', '"txt":"x"'))],
      ['a time that is no time', Buffer.from(inboundBody({ id: '43', text: 'x' }).replace(/"created_timestamp":"\d+"/, '"created_timestamp":"99999999999999999999"'))],
      ['an id that is no id', Buffer.from(inboundBody({ id: 'abc', text: 'x' }))],
    ])('keeps %s raw, answers 200 and puts it in quarantine', async (_what, body) => {
      const { status } = await deliver(service, channel, body);
      expect(status).toBe(200);
      await eventually(async () => expect(await lastEvent()).toMatchObject({ status: 'quarantined', detail: anyText }), 'it is set aside');
      const { encoding, body: kept } = await lastEvent();
      expect(Buffer.from(kept, encoding).equals(body)).toBe(true);
      expect(await texts()).toEqual([]);
      expect(({} as Record<string, unknown>)['a']).toBeUndefined();
    });

    it('takes a message that carries something unknown, however deep that is', async () => {
      const odd = `"odd":${'['.repeat(NESTED)}${']'.repeat(NESTED)},"text"`;
      expect((await deliver(service, channel, inboundBody({ id: '2089000000000000000', text: 'deep' }).replace('"text"', odd))).status).toBe(200);
      await eventually(async () => expect(await texts()).toEqual(['deep']), 'the message is there');
    });

    it('takes the good ones out of a batch that has an odd one', async () => {
      const batch = JSON.parse(inboundBody({ id: '2089000000000000001', text: 'one' }, { id: '2089000000000000002', text: 'three' })) as { direct_message_events: unknown[] };
      batch.direct_message_events.splice(1, 0, { type: 'message_create', id: 7, strange: true });
      expect((await deliver(service, channel, JSON.stringify(batch))).status).toBe(200);
      await eventually(async () => expect((await texts()).sort()).toEqual(['deep', 'one', 'three']), 'both good ones are there');
      expect(await lastEvent()).toMatchObject({ status: 'quarantined', detail: 'Not understood: direct_message_events[1]' });
    });

    it('answers 503 and never 200 when an event cannot be stored, and takes it when X sends it again', async () => {
      const body = inboundBody({ id: '2089000000000000010', text: 'kept at last' });
      const before = await countRows(both.databaseUrl, 'webhook_events');
      await queryDatabase(both.databaseUrl, 'ALTER TABLE webhook_events RENAME TO webhook_events_away');
      const answers = await Promise.all(Array.from({ length: 10 }, () => deliver(service, channel, body)));
      await queryDatabase(both.databaseUrl, 'ALTER TABLE webhook_events_away RENAME TO webhook_events');

      expect(answers.map(({ status, body: problem }) => [status, problem['code']])).toEqual(Array(10).fill([503, 'webhook.not-stored']));
      expect(await countRows(both.databaseUrl, 'webhook_events')).toBe(before);
      expect((await deliver(service, channel, body)).status).toBe(200);
      await eventually(async () => expect(await texts()).toContain('kept at last'), 'it has its effect');
    });

    it('answers X’s challenge while the database is away', async () => {
      for (const table of ['channels', 'channel_secrets']) await queryDatabase(both.databaseUrl, `ALTER TABLE ${table} RENAME TO ${table}_away`);
      try {
        expect((await challenge(service, channel, 'crc_token=0123456789abcdef')).body).toEqual({ response_token: sign('0123456789abcdef') });
      } finally {
        for (const table of ['channels', 'channel_secrets']) await queryDatabase(both.databaseUrl, `ALTER TABLE ${table}_away RENAME TO ${table}`);
      }
    });

    it('stores nothing of half a body, though its signature is that of the whole', async () => {
      const body = inboundBody({ id: '2089000000000000020', text: 'half of me' });
      const before = await countRows(both.databaseUrl, 'webhook_events');
      await postHalf(channel['webhookUrl'], body, sign(body));
      await deliver(service, channel, inboundBody({ id: '2089000000000000021', text: 'after the half' }));
      await eventually(async () => expect(await texts()).toContain('after the half'), 'what came after is there');
      expect(await countRows(both.databaseUrl, 'webhook_events')).toBe(before + 1);
    });
  });
});

describe('The webhook while the disk is slow', () => {
  it('answers 503 within 2.5 s, and what is stored late has its effect once', async () => {
    const both = await startBoth();
    const { service, databaseUrl } = both;
    const channel = await connectNajm(service);
    const lock = new sqlite3.Database(databaseUrl.slice('sqlite:'.length));
    const run = (statement: string) => new Promise<void>((resolve, reject) => lock.exec(statement, (error) => (error === null ? resolve() : reject(error))));
    try {
      const body = inboundBody({ id: '2089000000000000030', text: 'slow' });
      await run('BEGIN IMMEDIATE');
      const startedAt = performance.now();
      const answers = await Promise.all([deliver(service, channel, body), deliver(service, channel, body)]);
      const tookMs = performance.now() - startedAt;
      await run('ROLLBACK');

      expect(answers.map(({ status }) => status)).toEqual([503, 503]);
      expect(tookMs).toBeLessThan(2_500);
      expect((await deliver(service, channel, body)).status).toBe(200);
      await eventually(async () => {
        const { body: page } = await service.call('/v1/messages');
        expect(page['data']).toHaveLength(1);
      }, 'the message is there');
    } finally {
      await new Promise((resolve) => lock.close(resolve));
      await both.stop();
    }
  });
});

onEngine('postgres', (engine) => {
  it('answers X within 2.5 s while the database answers nobody, and a challenge at once', async () => {
    const databaseUrl = await engine.createDatabaseUrl();
    const both = await startBoth({ databaseUrl });
    const lock = new Client({ connectionString: databaseUrl });
    try {
      const channel = await connectNajm(both.service);
      await lock.connect();
      await lock.query('BEGIN; LOCK TABLE channels, channel_secrets, webhook_events IN ACCESS EXCLUSIVE MODE');
      const timed = async (call: Promise<Answer>): Promise<[number, boolean]> => {
        const startedAt = performance.now();
        const { status } = await call;
        return [status, performance.now() - startedAt < 2_500];
      };
      const body = inboundBody({ id: '2089000000000000040', text: 'nobody is in' });
      const stranger = '/webhooks/x/0123456789abcdef0123456789abcdef';
      expect(await timed(challenge(both.service, channel, 'crc_token=0123456789abcdef'))).toEqual([200, true]);
      expect(await timed(deliver(both.service, channel, body))).toEqual([503, true]);
      expect(await timed(deliver(both.service, channel, body, { signature: sign(body, 'another') }))).toEqual([401, true]);
      // Another instance may have connected it a moment ago, which nobody can look up.
      expect(await timed(both.service.call(`${stranger}?crc_token=0123456789abcdef`, { key: null }))).toEqual([503, true]);
    } finally {
      await lock.end();
      await both.stop();
    }
  });
});

/** Announces the whole body and hangs up after half of it. */
function postHalf(url: string, body: string, signature: string): Promise<void> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-twitter-webhooks-signature': signature };
    const half = request(url, { method: 'POST', headers });
    half.on('error', () => resolve());
    half.on('close', () => resolve());
    half.write(body.slice(0, body.length / 2), () => half.destroy());
  });
}
