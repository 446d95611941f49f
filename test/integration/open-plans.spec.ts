/** What an inbound message asks of its conversation, and what `/metrics` counts, does not grow with what is stored: partial indexes answer it. */
import type { Channel } from '../../src/channels/channel.js';
import { Channels } from '../../src/channels/channels.service.js';
import { RowWrites } from '../../src/database/rows.service.js';
import { PlainInbound } from '../../src/messaging/incoming/plain-inbound.service.js';
import type { XDirectMessage } from '../../src/x-api/direct-message.js';
import { NAJM, RANIA } from '../e2e/cast.js';
import { NAJM_CHANNEL } from '../e2e/service.js';
import { forEachEngine } from '../support/engines.js';
import { explain, Listener, withoutIndex } from './query-plans.js';
import { type Storage, startStorage } from './storage.js';

const OF_INBOUND = ['messages_open', 'messages_outbound'];
const OF_METRICS = ['messages_open', 'deliveries_due', 'conversations_with_window_to_close', 'webhook_events_to_process'];

describe('Partial indexes', () => {
  forEachEngine((engine) => {
    let storage: Storage;
    let channel: Channel;
    const listener = new Listener();

    beforeAll(async () => {
      storage = await startStorage(engine);
      const wanted = { ...NAJM_CHANNEL, team: 'default', isDeclaredInConfig: false, eventsApi: 'account-activity-premium' as const, messagesApi: 'v1.1' as const };
      channel = await storage.service.app.get(Channels, { strict: false }).create(wanted, { id: NAJM.id, username: NAJM.username, name: 'Najm', accessLevel: 'read-write-directmessages' });
      listener.listenTo(storage);
    });
    afterAll(() => storage.service.stop());

    async function listen(work: () => Promise<unknown>, isMeant: (statement: string) => boolean): Promise<Map<string, unknown[]>> {
      listener.heard.clear();
      listener.isListening = true;
      await work();
      listener.isListening = false;
      return new Map([...listener.heard].filter(([statement]) => isMeant(statement)));
    }

    const cases: [string, string[], () => Promise<Map<string, unknown[]>>][] = [
      ['an inbound message', OF_INBOUND, () => listen(() => storage.unitOfWork.run(async (manager) => storage.service.app.get(PlainInbound, { strict: false }).record(new RowWrites(manager), [{ channel, message: inbound(), profile: undefined }])), (statement) => statement.startsWith('SELECT DISTINCT'))],
      ['the metrics', OF_METRICS, () => listen(() => storage.service.call('/metrics', { key: null }), (statement) => /FROM "(messages|deliveries|conversations|webhook_events)"/.test(statement))],
    ];

    it.each(cases)('answer %s', async (_what, indices, hear) => {
      const plans = await explain(storage.writer, engine, await hear());
      expect(plans.length).toBeGreaterThan(0);
      expect(findFaults(plans, indices)).toEqual([]);
    });

    it.each(cases)('control: the same check finds that one is missing for %s', async (_what, indices, hear) => {
      const statements = await hear();
      for (const index of indices) {
        const plans = await withoutIndex(storage.writer, index, (runner) => explain(storage.writer, engine, statements, runner));
        expect(findFaults(plans, indices)).not.toEqual([]);
      }
    });
  });
});

function findFaults(plans: readonly string[], indices: readonly string[]): string[] {
  return [...plans.filter(readsAll), ...indices.filter((index) => !plans.some((line) => line.includes(index)))];
}

/** All of a table or of one of its whole indexes; all of a partial index is what is open. */
function readsAll(line: string): boolean {
  return /^SCAN \S+$/.test(line) || /^SCAN .*sqlite_autoindex/.test(line) || /Seq Scan on/.test(line);
}

function inbound(): XDirectMessage {
  return { xMessageId: '2089623330616353717', createdAt: Date.now(), senderId: RANIA.id, recipientId: NAJM.id, sourceAppId: null, text: 'Hello', links: [], media: null, location: null, quickReplyMetadata: null };
}
