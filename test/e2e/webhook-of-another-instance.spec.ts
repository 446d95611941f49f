import { DataSource } from 'typeorm';
import { onEngine } from '../support/engines.js';
import { type Both, connectNajm, type Service, startBoth, startService } from './service.js';
import { challenge, deliver, inboundBody, sign } from './x-webhook.js';

/** As many addresses as somebody tries at once. */
const TRIED = 300;

describe('A webhook that another instance has just connected', () => {
  onEngine('postgres', (engine) => {
    let both: Both;
    let other: Service;
    beforeAll(async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      both = await startBoth({ databaseUrl });
      other = await startService({ databaseUrl, sandboxUrl: both.sandbox.url });
    });
    afterAll(async () => {
      await other.stop();
      await both.stop();
    });

    const elsewhere = () => other.call('/webhooks/x/no-such-webhook?crc_token=0123456789abcdefABCDEF', { key: null });

    it('is known at once, also right after a look for another address that found nothing', async () => {
      expect((await elsewhere()).status).toBe(404);
      const channel = await connectNajm(both.service);
      // Whatever else is asked in the same moment.
      const [missing, ...answers] = await Promise.all([
        elsewhere(),
        challenge(other, channel, 'crc_token=0123456789abcdefABCDEF'),
        deliver(other, channel, inboundBody({ id: '2089623000000000001', text: 'Hello' })),
      ]);
      expect(missing?.status).toBe(404);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      // And the same once it is known that this is no webhook.
      await elsewhere();
      await both.service.call(`/v1/channels/${channel['id']}/disconnect`, { method: 'POST' });
      const body = inboundBody({ id: '2089623000000000002', text: 'Hello' });
      expect((await deliver(other, channel, body, { signature: sign('another body') })).status).toBe(401);
    });

    it('costs no look each where somebody tries addresses at random', async () => {
      const { manager } = other.app.get(DataSource);
      let looks = 0;
      const find = manager.connection.driver.createQueryRunner.bind(manager.connection.driver);
      manager.connection.driver.createQueryRunner = (mode) => {
        const runner = find(mode);
        const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
        runner.query = ((statement: string, ...rest: unknown[]) => {
          looks += /FROM "channels"/.test(statement) && /webhook_key/.test(statement) && !/WHERE/.test(statement) ? 1 : 0;
          return query(statement, ...rest);
        }) as typeof runner.query;
        return runner;
      };
      const startedAt = performance.now();
      const answers = await Promise.all(Array.from({ length: TRIED }, (_, n) => other.call(`/webhooks/x/random-${n}?crc_token=0123456789abcdefABCDEF`, { key: null })));
      manager.connection.driver.createQueryRunner = find;
      expect([...new Set(answers.map(({ status }) => status))]).toEqual([404]);
      expect(looks).toBeGreaterThan(0);
      expect(looks).toBeLessThanOrEqual(2 + (performance.now() - startedAt) / 250);
    });
  });
});
