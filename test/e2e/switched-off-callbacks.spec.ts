import type { ServerResponse } from 'node:http';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { Receiver } from '../support/receiver.js';
import { connectNajm, hear, newcomer, startBoth } from './service.js';

describe('A callback that is switched off', () => {
  forEachEngine((engine) => {
    it('leaves nothing pending, also of what failed in the very moment', async () => {
      const both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__CALLBACKS__POLL_MS: '20', TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1' } });
      const receiver = await Receiver.start();
      const held: ServerResponse[] = [];
      receiver.respond = (response) => void held.push(response);
      await connectNajm(both.service);
      const { body: callback } = await both.service.call('/v1/callbacks', { body: { url: receiver.url, events: ['message.received'] } });
      for (let n = 0; n < 2; n += 1) await hear(both, newcomer(both.sandbox));
      await eventually(() => held.length === 2, 'both calls are under way');
      // Answered at once, so that they are written with one commit.
      [500, 410].forEach((status, n) => held[n]?.writeHead(status).end());
      await eventually(async () => (await both.service.call(`/v1/callbacks/${callback['id']}`)).body['enabled'] === false, 'it is off');
      const statuses = async () => (await both.service.call(`/v1/deliveries?callbackId=${callback['id']}`)).body['data'].map(({ status, attempts }) => [status, attempts.length]);
      await eventually(async () => expect(await statuses()).toEqual([['failed', 1], ['failed', 1]]), 'both have failed');
      await both.stop();
      await receiver.stop();
    });
  });
});
