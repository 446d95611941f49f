import { Client } from 'pg';
import { isDatabaseAway } from '../../src/database/database-away.service.js';
import { UnitOfWork } from '../../src/database/unit-of-work.service.js';
import { onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import type { AnswerBody } from './answers.js';
import { type Answer, type Both, connectNajm, startBoth, textTo } from './service.js';
import { deliver, inboundBody, sign } from './x-webhook.js';

/** X gives up after 3 s. */
const X_WAITS_MS = 2_500;

describe('A request while PostgreSQL is away', () => {
  onEngine('postgres', (engine) => {
    let both: Both;
    let proxy: TcpProxy;
    let channel: AnswerBody;
    let outside: Client;

    beforeAll(async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const through = await TcpProxy.before(databaseUrl);
      proxy = through.proxy;
      both = await startBoth({ databaseUrl: through.url, env: { TWITTER_CHANNEL__DATABASE__POSTGRES_TIMEOUT_MS: '1000', TWITTER_CHANNEL__IDEMPOTENCY__RUNNING_LEASE_MS: '300' } });
      channel = await connectNajm(both.service);
      outside = new Client({ connectionString: databaseUrl });
      await outside.connect();
    });
    afterAll(async () => {
      await outside.end();
      await both.stop();
      await proxy.close();
    });

    /** Reads and writes of every kind, at once. */
    function ask(): Promise<Answer>[] {
      const { call } = both.service;
      const paths = ['/v1/messages', '/v1/conversations', '/v1/channels', '/v1/events', '/v1/callbacks', '/v1/api-keys', '/v1/audit-log', `/v1/channels/${channel['id']}/limits`];
      return [
        ...paths.map((path) => call(path)),
        call('/v1/messages', { body: textTo('One'), headers: { 'idempotency-key': `away-${Math.random()}` } }),
        call('/v1/messages/check', { body: textTo('Two') }),
        call('/v1/callbacks', { body: { url: 'https://example.com/hook', events: ['message.received'] } }),
      ];
    }

    const post = async (body = inboundBody({ id: '2089623000000000001', text: 'Hello' })): Promise<{ status: number; ms: number }> => {
      const startedAt = performance.now();
      const { status } = await deliver(both.service, channel, body, { signature: sign(body) });
      return { status, ms: performance.now() - startedAt };
    };

    function expectToBeTold(answers: readonly Answer[]): void {
      expect(answers.filter(({ status, headers, body }) => status !== 503 || !headers.has('retry-after') || body['code'] !== 'service.unavailable').map(({ status, text }) => [status, text])).toEqual([]);
    }

    const isWell = () => eventually(async () => (await Promise.all(ask())).every(({ status }) => status < 500), 'the service is well again', { withinMs: 15_000, everyMs: 100 });

    it('that refuses connections is answered 503, and when to come again', async () => {
      const end = await proxy.refuse();
      expectToBeTold(await Promise.all(ask()));
      expect((await post()).status).toBe(503);
      await end();
      await isWell();
    });

    it('that says nothing is answered 503 in time, X’s within what X waits', async () => {
      proxy.swallow();
      const [event, answers] = await Promise.all([post(), Promise.all(ask())]);
      expect(event.status).toBe(503);
      expect(event.ms).toBeLessThan(X_WAITS_MS);
      expectToBeTold(answers);
      proxy.heal();
      await isWell();
    });

    it('that ends the connection in the middle of a transaction is answered 503, and nothing was made', async () => {
      await outside.query('BEGIN; LOCK TABLE conversations, webhook_events IN ACCESS EXCLUSIVE MODE');
      const text = `Cut off ${Math.random()}`;
      const under = [both.service.call('/v1/messages', { body: textTo(text) }), both.service.call('/v1/messages/check', { body: textTo(text) })];
      const event = post();
      const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
      await eventually(async () => ((await outside.query(waiting)).rowCount ?? 0) >= 3, 'all three wait for a lock');
      await outside.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
      expectToBeTold(await Promise.all(under));
      const { status, ms } = await event;
      expect(status).toBe(503);
      expect(ms).toBeLessThan(X_WAITS_MS);
      await outside.query('ROLLBACK');
      await isWell();
      expect((await both.service.call('/v1/messages?limit=100')).text).not.toContain(text);
    });

    it('is known for it also between two statements', async () => {
      const cut = both.service.app.get(UnitOfWork, { strict: false }).run(async (manager) => {
        const [{ pid } = { pid: 0 }] = await manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
        await outside.query('SELECT pg_terminate_backend($1)', [pid]);
        await eventually(() => manager.queryRunner?.isReleased === true, 'the line is known to be broken');
        await manager.query('SELECT 1');
      });
      const error = await cut.then(() => null, (reason: unknown) => reason);
      expect(error).not.toBeNull();
      expect(isDatabaseAway(error)).toBe(true);
      expect(isDatabaseAway(new Error('anything else'))).toBe(false);
    });
  });
});
