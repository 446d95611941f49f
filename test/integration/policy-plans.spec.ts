/** What deciding a send reads does not grow with what is stored: each of its statements finds its rows by an index. */
import { Channels } from '../../src/channels/channels.service.js';
import type { Channel } from '../../src/channels/channel.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { OutgoingMessages } from '../../src/messaging/acceptance/outgoing-messages.service.js';
import { StartPermissions } from '../../src/rate-policy/start-permissions.service.js';
import { NAJM_CHANNEL } from '../e2e/service.js';
import { NAJM, RANIA } from '../e2e/cast.js';
import { forEachEngine } from '../support/engines.js';
import { explain, Listener, withoutIndex } from './query-plans.js';
import { type Storage, startStorage } from './storage.js';

const INDICES = ['limit_uses_by_account', 'limit_uses_by_app', 'messages_waiting_for_a_place', 'conversations_one_per_participant'];

describe('Deciding a send', () => {
  forEachEngine((engine) => {
    let storage: Storage;
    let channel: Channel;
    const listener = new Listener();

    beforeAll(async () => {
      storage = await startStorage(engine);
      await storage.service.app.get(Dispatcher, { strict: false }).beforeApplicationShutdown();
      const wanted = { ...NAJM_CHANNEL, team: 'default', isDeclaredInConfig: false, eventsApi: 'account-activity-premium' as const, messagesApi: 'v1.1' as const };
      channel = await storage.service.app.get(Channels, { strict: false }).create(wanted, { id: NAJM.id, username: NAJM.username, name: 'Najm', accessLevel: 'read-write-directmessages' });
      await storage.service.app.get(StartPermissions, { strict: false }).learn(channel.id, RANIA.id, 'allowed', Date.now());
      listener.listenTo(storage);
    });
    afterAll(() => storage.service.stop());

    /** The statements of a send that starts a conversation, of a free reply and of one that counts. */
    async function listen(): Promise<Map<string, unknown[]>> {
      const outgoing = storage.service.app.get(OutgoingMessages, { strict: false });
      const to = { id: RANIA.id, username: null, name: null };
      const wanted = { from: NAJM.id, to: { number: RANIA.id }, content: { type: 'text' as const, text: 'Hello' } };
      listener.heard.clear();
      for (const openedAt of ['NULL', String(Date.now()), String(Date.now() - 2 * 86_400_000)]) {
        await storage.writer.query(`UPDATE conversations SET window_opened_at = ${openedAt}`);
        listener.isListening = true;
        await outgoing.accept(channel, to, wanted, async () => undefined);
        listener.isListening = false;
      }
      return new Map(listener.heard);
    }

    it('finds every row by an index', async () => {
      expect(findFaults(await explain(storage.writer, engine, await listen()))).toEqual([]);
    });

    it('control: the same check finds that an index is missing', async () => {
      const statements = await listen();
      for (const index of INDICES) {
        const plans = await withoutIndex(storage.writer, index, (runner) => explain(storage.writer, engine, statements, runner));
        expect(findFaults(plans)).not.toEqual([]);
      }
    });
  });
});

function findFaults(plans: readonly string[]): string[] {
  return [...plans.filter(isScan), ...INDICES.filter((index) => !plans.some((line) => line.includes(index)))];
}

/** SQLite's word for reading all of a table or an index, except for the one row that it makes up and the list that it is given; channels are few. */
function isScan(line: string): boolean {
  return /\bSCAN (?!CONSTANT ROW|dummy_table|json_each VIRTUAL TABLE|ChannelEntity)/.test(line) || /Seq Scan on (?!channels)/.test(line);
}
