import { Client } from 'pg';
import { WebhookProcessor } from '../../src/webhook/webhook-processor.service.js';
import { queryDatabase } from '../e2e/database.js';
import { type Both, connectNajm, startBoth } from '../e2e/service.js';
import { deliver, inboundBody } from '../e2e/x-webhook.js';
import { onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';

/** More than an event is tried before it is set aside. */
const TRIES = 6;

describe('An event whose processing finds the database away', () => {
  onEngine('postgres', (engine) => {
    let both: Both;
    let outside: Client;
    beforeAll(async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      both = await startBoth({ databaseUrl, env: { TWITTER_CHANNEL__DATABASE__POSTGRES_TIMEOUT_MS: '1000' } });
      outside = new Client({ connectionString: databaseUrl });
      await outside.connect();
    });
    afterAll(async () => {
      await outside.end();
      await both.stop();
    });

    it('has not been tried, however often that is: it is processed by itself once the database is back', async () => {
      const channel = await connectNajm(both.service);
      await outside.query('BEGIN; LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE');
      expect((await deliver(both.service, channel, inboundBody({ id: '2089623000000000001', text: 'Before the outage' }))).status).toBe(200);
      const processor = both.service.app.get(WebhookProcessor, { strict: false });
      for (let n = 0; n < TRIES; n += 1) {
        await processor.processBacklog().catch(() => undefined);
      }
      const read = () => queryDatabase(both.databaseUrl, 'SELECT * FROM webhook_events');
      expect(await read()).toMatchObject([{ status: 'received' }]);
      await outside.query('ROLLBACK');
      await eventually(async () => expect(await read()).toMatchObject([{ status: 'processed' }]), 'the event is processed');
      expect((await both.service.call('/v1/messages?direction=inbound')).text).toContain('Before the outage');
    });
  });
});
