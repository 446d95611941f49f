import type { ServerResponse } from 'node:http';
import { connectNajm, fault, startBoth, textTo } from '../e2e/service.js';
import { RANIA } from '../e2e/cast.js';
import { deliver, inboundBody } from '../e2e/x-webhook.js';
import { onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { Receiver } from '../support/receiver.js';

/** Whoever holds a connection and waits for a second one stops the whole service as soon as enough others do the same. */
describe('With a single connection to the database', () => {
  onEngine('postgres', (engine) => {
    it('the service connects a channel, takes events, sends, and repeats an answer', async () => {
      const env = { TWITTER_CHANNEL__DATABASE__POSTGRES_POOL_SIZE: '1' };
      const both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env });
      const { service } = both;
      try {
        const channel = await connectNajm(service);
        const posted = await Promise.all([1, 2, 3].map((n) => deliver(service, channel, inboundBody({ id: `208962333061635371${n}`, text: `${n}` }))));
        expect(posted.map(({ status }) => status)).toEqual([200, 200, 200]);
        const listOf = async (filter: string) => (await service.call(`/v1/messages?${filter}`)).body['data'];
        await eventually(async () => (await listOf('direction=inbound')).length === 3, 'the events are processed');

        const send = () => service.call('/v1/messages', { body: textTo('Hello', RANIA.id), headers: { 'idempotency-key': 'one' } });
        const [first, again] = [await send(), await send()];
        expect([first.status, again.text]).toEqual([202, first.text]);
        await eventually(async () => (await listOf('status=sent')).length === 1, 'the message is sent');
      } finally {
        await both.stop();
      }
    });

    it('the service tells a team, also of what it has to look up and when the callback has just changed', async () => {
      const env = { TWITTER_CHANNEL__DATABASE__POSTGRES_POOL_SIZE: '1', TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1', TWITTER_CHANNEL__CALLBACKS__POLL_MS: '60000' };
      const both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env });
      const receiver = await Receiver.start();
      const held: ServerResponse[] = [];
      receiver.respond = (response) => void held.push(response);
      const { service } = both;
      try {
        const channel = await connectNajm(service);
        const { body: callback } = await service.call('/v1/callbacks', { body: { url: receiver.url, events: ['message.failed'] } });
        await deliver(service, channel, inboundBody({ id: '2089623330616353711', text: 'Hello' }));
        fault(both.sandbox, { route: 'send', kind: 'status', status: 403, code: 349, message: 'You cannot send messages to this user.' });
        await service.call('/v1/messages', { body: textTo('Hello', RANIA.id) });
        await eventually(() => held.length === 1, 'the receiver is called');
        await service.call(`/v1/callbacks/${callback['id']}`, { method: 'PATCH', body: { events: ['message.failed', 'message.sent'] } });
        held.forEach((response) => response.writeHead(204).end());
        await eventually(async () => (await service.call('/v1/deliveries?status=delivered')).body['data'].length === 1, 'the delivery is on record');
      } finally {
        await both.stop();
        await receiver.stop();
      }
    });
  });
});
