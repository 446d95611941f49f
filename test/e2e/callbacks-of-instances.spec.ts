import { TeamEvents } from '../../src/callbacks/event/team-events.service.js';
import { onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { Receiver } from '../support/receiver.js';
import { connectNajm, startBoth, startService } from './service.js';

describe('A callback that one instance has just made', () => {
  onEngine('postgres', (engine) => {
    it('is told of what the next moment brings, also by another instance', async () => {
      const env = (pollMs: number) => ({ TWITTER_CHANNEL__CALLBACKS__POLL_MS: String(pollMs), TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1' });
      const databaseUrl = await engine.createDatabaseUrl();
      // The first publishes nothing by itself.
      const both = await startBoth({ databaseUrl, env: env(60_000) });
      const other = await startService({ databaseUrl, sandboxUrl: both.sandbox.url, env: env(20) });
      const receiver = await Receiver.start();
      try {
        const { id: channelId } = await connectNajm(both.service);
        const event = { team: 'default', channelId: String(channelId), conversationId: null, type: 'channel.degraded' as const, data: {}, occurredAt: Date.now() };
        const tell = () => other.app.get(TeamEvents, { strict: false }).tell([event]);
        // Again and again, since what is known of callbacks may be read anew at any time.
        for (let round = 1; round <= 5; round += 1) {
          await tell();
          const before = await eventually(async () => ((await other.call('/v1/events?limit=100')).body['data'].length > 0 ? receiver.calls.length : null), 'the other one publishes');
          const { body } = await both.service.call('/v1/callbacks', { body: { url: receiver.url, events: ['channel.degraded'] } });
          await tell();
          await eventually(() => receiver.calls.length > before, `callback ${round} is told`);
          expect((await other.call(`/v1/deliveries?callbackId=${body['id']}`)).body['data']).not.toHaveLength(0);
          await both.service.call(`/v1/callbacks/${body['id']}`, { method: 'DELETE' });
        }
      } finally {
        await other.stop();
        await both.stop();
        await receiver.stop();
      }
    });
  });
});
