/** What deciding a send reads does not grow with what is stored: each of its statements finds its rows by an index. */
import type { DataSource, Logger, QueryRunner } from 'typeorm';
import { Channels } from '../../src/channels/channels.service.js';
import type { Channel } from '../../src/channels/channel.js';
import { ChannelRelease } from '../../src/messaging/outbox/channel-release.service.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { OutgoingMessages } from '../../src/messaging/acceptance/outgoing-messages.service.js';
import { StartPermissions } from '../../src/rate-policy/start-permissions.service.js';
import { NAJM_CHANNEL } from '../e2e/service.js';
import { NAJM, RANIA } from '../e2e/cast.js';
import { type Engine, forEachEngine } from '../support/engines.js';
import { type Storage, startStorage } from './storage.js';

const INDICES = ['limit_uses_by_account', 'limit_uses_by_app', 'messages_waiting_for_a_place', 'messages_wait_for_channel', 'usage_log_of_channel', 'conversations_one_per_participant'];

/** Keeps the statements that run while it listens. */
class Listener implements Logger {
  readonly heard = new Map<string, unknown[]>();
  isListening = false;
  logQuery(query: string, parameters: unknown[] = []): void {
    if (this.isListening && /^(SELECT|UPDATE|DELETE)/.test(query)) {
      this.heard.set(query, parameters);
    }
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

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
      for (const source of [storage.writer, storage.reader.manager.connection]) {
        source.setOptions({ logging: true });
        source.logger = listener;
      }
    });
    afterAll(() => storage.service.stop());

    /** The statements of a send that starts a conversation, of a free reply, of one that counts, of one of a channel with a cap, and of a look at what channels hold. */
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
      listener.isListening = true;
      await outgoing.accept({ ...channel, policy: { ...channel.policy, dailyCap: 1_000 } }, to, wanted, async () => undefined);
      listener.isListening = false;
      await storage.writer.query("UPDATE messages SET status = 'held', held_because = 'daily-cap', next_attempt_at = NULL");
      listener.isListening = true;
      expect(await storage.service.app.get(ChannelRelease, { strict: false }).run()).toBeGreaterThan(0);
      listener.isListening = false;
      return new Map(listener.heard);
    }

    it('finds every row by an index', async () => {
      expect(findFaults(await explain(storage.writer, engine, await listen()))).toEqual([]);
    });

    it('control: the same check finds that an index is missing', async () => {
      const statements = await listen();
      for (const index of INDICES) {
        await storage.writer.transaction(async ({ queryRunner }) => {
          await queryRunner?.query(`DROP INDEX ${index}`);
          expect(findFaults(await explain(storage.writer, engine, statements, queryRunner))).not.toEqual([]);
          throw new Error('Only to see it');
        }).catch((error: unknown) => expect(String(error)).toContain('Only to see it'));
      }
    });
  });
});

function findFaults(plans: readonly string[]): string[] {
  return [...plans.filter(isScan), ...INDICES.filter((index) => !plans.some((line) => line.includes(index)))];
}

/** How the statements find their rows. PostgreSQL is not to read whole tables because they are small. */
async function explain(writer: DataSource, engine: Engine, statements: ReadonlyMap<string, unknown[]>, own?: QueryRunner): Promise<string[]> {
  const runner = own ?? writer.createQueryRunner();
  const lines: string[] = [];
  try {
    if (engine.name === 'postgres') {
      await runner.query('SET enable_seqscan = off');
    }
    for (const [query, parameters] of statements) {
      const plan = (await runner.query(`${engine.name === 'postgres' ? 'EXPLAIN' : 'EXPLAIN QUERY PLAN'} ${query}`, parameters)) as Record<string, string>[];
      lines.push(...plan.map((row) => row['detail'] ?? row['QUERY PLAN'] ?? ''));
    }
  } finally {
    if (engine.name === 'postgres') {
      await runner.query('RESET enable_seqscan');
    }
    if (own === undefined) {
      await runner.release();
    }
  }
  return lines;
}

/** SQLite's word for reading all of a table or an index, except for the one row that it makes up and the list that it is given; channels are few. */
function isScan(line: string): boolean {
  return /\bSCAN (?!CONSTANT ROW|dummy_table|json_each VIRTUAL TABLE|ChannelEntity)/.test(line) || /Seq Scan on (?!channels)/.test(line);
}
