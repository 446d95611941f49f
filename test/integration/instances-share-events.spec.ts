import { Client } from 'pg';
import { ofTeam } from '../../src/access/caller.js';
import { ChannelDirectory } from '../../src/channels/channel-directory.service.js';
import { UnitOfWork } from '../../src/database/unit-of-work.service.js';
import { IncomingMessages } from '../../src/messaging/incoming/incoming-messages.service.js';
import { WebhookInbox } from '../../src/webhook/webhook-inbox.service.js';
import { WebhookProcessor } from '../../src/webhook/webhook-processor.service.js';
import { NAJM } from '../e2e/cast.js';
import { countDeadlocks, countRows, queryDatabase } from '../e2e/database.js';
import { type Both, connectNajm, type Service, startBoth, startService } from '../e2e/service.js';
import { inboundBody } from '../e2e/x-webhook.js';
import { onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';

const MESSAGE = { recipientId: NAJM.id, sourceAppId: null, text: 'Good morning', links: [], media: null, location: null, quickReplyMetadata: null };

describe('Instances that process stored events', () => {
  onEngine('postgres', (engine) => {
    let both: Both;
    let other: Service;
    let webhookKey: string;

    beforeEach(async () => {
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl() });
      other = await startService({ databaseUrl: both.databaseUrl, sandboxUrl: both.sandbox.url });
      const { webhookUrl } = await connectNajm(both.service);
      webhookKey = new URL(String(webhookUrl)).pathname.split('/').at(-1) ?? '';
    });
    afterEach(async () => {
      await other.stop();
      await both.stop();
    });

    const store = (...from: string[]): Promise<void> =>
      both.service.app.get(WebhookInbox, { strict: false }).store(webhookKey, Buffer.from(inboundBody(...from.map((one) => ({ id: `2089${(ids += 1)}`, from: one, text: `To be read ${ids}` })))));
    const process = ({ app }: Service): Promise<number> => app.get(WebhookProcessor, { strict: false }).processBacklog();
    const waiting = () => countRows(both.databaseUrl, "webhook_events WHERE status = 'received'");
    let ids = 0;

    it('never wait for each other in a circle over people who write for the first time', async () => {
      const { app } = both.service;
      const [incoming, unitOfWork] = [app.get(IncomingMessages, { strict: false }), app.get(UnitOfWork)];
      const channel = await app.get(ChannelDirectory, { strict: false }).getByAccount(ofTeam('default'), NAJM.id);
      /** As an event that tells of several messages. */
      const hear = (people: readonly string[]) =>
        unitOfWork.run(async () => {
          await incoming.lock(people.map((participantId) => ({ channel, participantId })));
          for (const senderId of people) {
            await incoming.record(channel, { ...MESSAGE, xMessageId: `2089${(ids += 1)}`, senderId, createdAt: Date.now() }, new Map());
          }
        });
      for (let round = 1; round <= 20; round += 1) {
        const people = [1, 2, 3, 4].map((n) => `77${round}0${n}`);
        await Promise.all([hear(people), hear([...people].reverse())]);
      }
      expect({ deadlocks: await countDeadlocks(both.databaseUrl), messages: await countRows(both.databaseUrl, 'messages') }).toEqual({ deadlocks: 0, messages: 20 * 8 });
    });

    it('pass by what another one has in hand, but not what comes after it in its conversation', async () => {
      await store('7701');
      await store('7702');
      await process(both.service);
      const holder = new Client({ connectionString: both.databaseUrl });
      await holder.connect();
      for (const together of [1, 3]) {
        await store('7701');
        const held = await queryDatabase<{ id: string }>(both.databaseUrl, "SELECT id FROM webhook_events WHERE status = 'received'");
        for (let n = 0; n < together; n += 1) {
          await store('7702');
          await store('7701');
        }
        await holder.query(`BEGIN; SELECT 1 FROM webhook_events WHERE id = '${held[0]?.id}' FOR UPDATE`);
        const processed = process(other);
        await eventually(async () => expect(await waiting()).toBe(together + 1), 'what the other person wrote is processed');
        await holder.query('COMMIT');
        expect(await processed).toBe(2 * together + 1);
      }
      await holder.end();
      expect(await countRows(both.databaseUrl, 'messages')).toBe(12);
      const rows = await queryDatabase<{ x_message_id: string }>(both.databaseUrl, "SELECT m.x_message_id FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.participant_id = '7701' ORDER BY m.seq");
      const inOrder = rows.map(({ x_message_id: id }) => Number(id));
      expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
    });
  });
});
