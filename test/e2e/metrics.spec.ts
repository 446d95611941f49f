import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { freePort, PROJECT_ROOT } from '../support/processes.js';
import type { AnswerBody } from './answers.js';
import { NAJM, RANIA } from './cast.js';
import { type Both, connectNajm, hear, messageIn, startBoth, textTo } from './service.js';
import { deliver, inboundBody } from './x-webhook.js';

const SECRET_TEXT = 'Nobody but us is to read this';

describe('Metrics', () => {
  forEachEngine((engine) => {
    let both: Both;
    let channel: AnswerBody;

    beforeAll(async () => {
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1' } });
      channel = await connectNajm(both.service);
    });
    afterAll(() => both.stop());

    const read = async (): Promise<string> => (await both.service.call('/metrics', { key: null })).text;
    /** One line of them, by its name with its labels. */
    const valueOf = async (line: string): Promise<number | null> => {
      const found = (await read()).split('\n').find((one) => one.startsWith(`twitter_channel_${line} `));
      return found === undefined ? null : Number(found.split(' ').at(-1));
    };

    it('are read without a key, as Prometheus reads them', async () => {
      const { status, headers, text } = await both.service.call('/metrics', { key: null });
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(text).toContain('# TYPE twitter_channel_sends_total counter\n');
      expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    });

    it('count what X delivers, and what is none of X’s', async () => {
      const stored = await valueOf('webhook_deliveries_total{outcome="stored"}');
      await hear(both, RANIA.id, SECRET_TEXT);
      await deliver(both.service, channel, inboundBody({ id: '1', text: 'forged' }), { signature: 'sha256=forged' });
      expect(await valueOf('webhook_deliveries_total{outcome="stored"}')).toBe((stored ?? 0) + 1);
      expect(await valueOf('webhook_deliveries_total{outcome="refused"}')).toBe(1);
      expect(await valueOf('webhook_answer_seconds_count{kind="delivery"}')).toBeGreaterThanOrEqual(2);
      expect(await valueOf('webhook_answer_seconds_count{kind="challenge"}')).toBeGreaterThanOrEqual(1);
      await eventually(async () => expect(await valueOf('webhook_events_waiting')).toBe(0), 'all are processed');
      expect(await valueOf('webhook_events_oldest_wait_seconds')).toBe(0);
      expect(await valueOf('reply_windows_open')).toBe(1);
    });

    it('count sends by what they were charged, and show what is open', async () => {
      const { body: sent } = await both.service.call('/v1/messages', { body: textTo(SECRET_TEXT) });
      await messageIn(both.service, sent['id'], 'sent');
      expect(await valueOf('sends_total{status="sent",charge="reply"}')).toBe(1);
      await both.service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body: { paused: true } });
      const { body: held } = await both.service.call('/v1/messages', { body: textTo('Later') });
      await messageIn(both.service, held['id'], 'held');
      expect(await valueOf('messages_open{status="held"}')).toBe(1);
      expect(await valueOf('messages_open{status="queued"}')).toBe(0);
      expect(await valueOf('messages_oldest_open_seconds{status="held"}')).toBeGreaterThanOrEqual(0);
      expect(await valueOf(`channel_status{channel="${channel['id']}",status="paused"}`)).toBe(1);
      expect((await both.service.call(`/v1/messages/${held['id']}`, { method: 'DELETE' })).status).toBe(204);
      expect(await valueOf('sends_total{status="cancelled",charge="none"}')).toBe(1);
      expect(await valueOf('messages_open{status="held"}')).toBe(0);
      await both.service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body: { paused: false } });
    });

    it('show how channels stand', async () => {
      expect(await valueOf(`channel_status{channel="${channel['id']}",status="connected"}`)).toBe(1);
      expect(await valueOf(`channel_status{channel="${channel['id']}",status="paused"}`)).toBeNull();
      expect(await valueOf(`channel_check_ok{channel="${channel['id']}",check="subscription"}`)).toBe(1);
      expect(await valueOf(`channel_last_event_timestamp_seconds{channel="${channel['id']}"}`)).toBeGreaterThan(1_700_000_000);
    });

    it('count calls of receivers', async () => {
      const { body } = await both.service.call('/v1/callbacks', { body: { url: `http://127.0.0.1:${await freePort()}/`, events: ['message.read'] } });
      await both.service.call(`/v1/callbacks/${body['id']}/test`, { method: 'POST' });
      await eventually(async () => expect(await valueOf('callback_attempts_total{outcome="unanswered"}')).toBeGreaterThanOrEqual(1), 'the receiver is called');
      expect(await valueOf('callback_deliveries_pending')).toBe(1);
    });

    it('name no person, no text and no account', async () => {
      const text = await read();
      for (const hidden of [SECRET_TEXT, RANIA.id, NAJM.id, NAJM.username, ...Object.values(NAJM.credentials)]) {
        expect(text).not.toContain(hidden);
      }
    });

    it('are all in docs/metrics.md, and nothing else is', async () => {
      const served = [...(await read()).matchAll(/^# TYPE (twitter_channel_\w+) /gm)].map(([, name]) => name);
      const told = [...readFileSync(join(PROJECT_ROOT, 'docs', 'metrics.md'), 'utf8').matchAll(/^\| `(twitter_channel_\w+)/gm)].map(([, name]) => name);
      expect(told.sort()).toEqual(served.sort());
    });
  });
});
