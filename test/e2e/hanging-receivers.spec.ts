import { eventually } from '../support/eventually.js';
import { Receiver } from '../support/receiver.js';
import { connectNajm, hear, newcomer, startBoth } from './service.js';

describe('Receivers that hang', () => {
  it('delay no other, though each has as many calls due as there are places for all', async () => {
    const both = await startBoth({ env: { TWITTER_CHANNEL__CALLBACKS__POLL_MS: '20', TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1', TWITTER_CHANNEL__CALLBACKS__CONCURRENCY: '12' } });
    const [hanging, healthy] = [await Receiver.start(), await Receiver.start()];
    hanging.respond = () => undefined;
    await connectNajm(both.service);
    for (const receiver of [hanging, hanging, hanging, hanging, hanging, healthy]) {
      await both.service.call('/v1/callbacks', { body: { url: receiver.url, events: ['message.received'] } });
    }
    for (let n = 0; n < 12; n += 1) await hear(both, newcomer(both.sandbox));
    await eventually(() => (healthy.calls.length === 12 ? true : null), 'the healthy one is told');
    // Two calls of each at most, and they hang still.
    expect(hanging.calls.length).toBeLessThanOrEqual(10);
    await Promise.all([hanging.stop(), healthy.stop()]);
    await both.stop();
  });
});
