import { DataSource } from 'typeorm';
import { MIGRATIONS, writerOptions } from '../../src/database/data-source.service.js';
import { migrateAlone } from '../../src/database/migrate.service.js';
import { MessageEntity } from '../../src/messaging/message/message.entity.js';
import { queryDatabase } from '../e2e/database.js';
import { type Engine, forEachEngine, onEngine } from '../support/engines.js';
import { startStorage, type Storage } from './storage.js';

/** A connection as the service opens it, with nothing done to the database yet. */
async function open(engine: Engine, databaseUrl: string, postgresPoolSize = 10): Promise<DataSource> {
  const settings =
    engine.name === 'sqlite'
      ? ({ engine: 'sqlite', file: databaseUrl.slice('sqlite:'.length), sqliteBusyTimeoutMs: 5_000 } as const)
      : ({ engine: 'postgres', postgresPoolSize, postgresTimeoutMs: 8_000, postgresMayLoseCommits: true } as const);
  return new DataSource(writerOptions(settings, databaseUrl)).initialize();
}

/** Everything that makes up the schema, in words of the engine: tables with their columns, and indices. */
async function describeSchema(engine: Engine, databaseUrl: string): Promise<unknown[]> {
  return engine.name === 'sqlite'
    ? queryDatabase(databaseUrl, "SELECT name, sql FROM sqlite_master WHERE name <> 'migrations' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    : queryDatabase(
        databaseUrl,
        `SELECT table_name || '.' || column_name AS name, data_type || ' ' || is_nullable AS sql FROM information_schema.columns
           WHERE table_schema = 'public' AND table_name <> 'migrations'
         UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'migrations'
         ORDER BY 1`,
      );
}

describe('The schema', () => {
  forEachEngine((engine) => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await startStorage(engine);
    });
    afterAll(() => storage.service.stop());

    it('is what the entities say: TypeORM would change no table and no column', async () => {
      const { upQueries } = await storage.writer.driver.createSchemaBuilder().log();
      // Indices are the migrations' alone, partial ones among them; entities do not repeat them.
      expect(upQueries.map(({ query }) => query).filter((query) => !/^DROP INDEX /.test(query))).toEqual([]);
    });

    it('control: an entity with a column that no migration makes is found by the same check', async () => {
      const { columns } = storage.writer.getMetadata(MessageEntity);
      const column = columns.find(({ propertyName }) => propertyName === 'reference');
      if (column === undefined) {
        throw new Error('There is no such column');
      }
      column.databaseName = 'reference_of_another_name';
      try {
        const { upQueries } = await storage.writer.driver.createSchemaBuilder().log();
        expect(upQueries.filter(({ query }) => !/^DROP INDEX /.test(query))).not.toEqual([]);
      } finally {
        column.databaseName = 'reference';
      }
    });

    it('goes up, down to nothing, and up again to the same', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const dataSource = await open(engine, databaseUrl);
      try {
        await migrateAlone(dataSource);
        const first = await describeSchema(engine, databaseUrl);
        expect(first.length).toBeGreaterThan(10);
        for (let n = 0; n < MIGRATIONS.length; n += 1) {
          await dataSource.undoLastMigration();
        }
        expect(await describeSchema(engine, databaseUrl)).toEqual([]);
        await migrateAlone(dataSource);
        expect(await describeSchema(engine, databaseUrl)).toEqual(first);
      } finally {
        await dataSource.destroy();
      }
    });

    it('is not touched by a second start', async () => {
      const before = await describeSchema(engine, storage.databaseUrl);
      await migrateAlone(storage.writer);
      expect(await describeSchema(engine, storage.databaseUrl)).toEqual(before);
      expect(await queryDatabase(storage.databaseUrl, 'SELECT name FROM migrations')).toHaveLength(MIGRATIONS.length);
    });

    describe('refuses, whatever the code does,', () => {
      let n = 0;

      const insertMessage = (conversation: string, status: string): Promise<unknown> => {
        n += 1;
        const values = `'msg_${n}', 'default', 'chn_1', '${conversation}', ${n}, 'outbound', 'api', '{}', '', '${status}', ${n}`;
        const columns = 'id, team, channel_id, conversation_id, seq, direction, source, content, text_fingerprint, status, created_at';
        return queryDatabase(storage.databaseUrl, `INSERT INTO messages (${columns}) VALUES (${values})`);
      };
      const insertAttempt = (message: string, outcome: string): Promise<unknown> => {
        n += 1;
        return queryDatabase(storage.databaseUrl, `INSERT INTO attempts (id, message_id, started_at, outcome) VALUES ('att_${n}', '${message}', ${n}, '${outcome}')`);
      };
      const refusal = /unique/i;

      it.each([
        ['claimed', 'claimed'],
        ['claimed', 'sending'],
        ['sending', 'claimed'],
        ['sending', 'sending'],
      ])('a second message in flight to one participant: %s beside %s', async (first, second) => {
        const conversation = `cnv_${first}_${second}`;
        await insertMessage(conversation, first);
        await expect(insertMessage(conversation, second)).rejects.toThrow(refusal);
        await insertMessage(`${conversation}_other`, second);
        for (const status of ['queued', 'held', 'sent', 'failed', 'unknown', 'expired', 'cancelled']) {
          await insertMessage(conversation, status);
        }
      });

      it.each(['in-flight', 'unknown', 'sent'])('a second attempt beside one that is %s', async (outcome) => {
        const message = `msg_with_${outcome}`;
        await insertAttempt(message, 'not-sent');
        await insertAttempt(message, outcome);
        for (const second of ['in-flight', 'unknown', 'sent']) {
          await expect(insertAttempt(message, second)).rejects.toThrow(refusal);
        }
        await insertAttempt(message, 'not-sent');
      });

      it('two messages with one place in a conversation, and one message of X stored twice', async () => {
        await insertMessage('cnv_places', 'sent');
        await expect(queryDatabase(storage.databaseUrl, `UPDATE messages SET conversation_id = 'cnv_places', seq = ${n} WHERE id = 'msg_1'`)).rejects.toThrow(refusal);
        await queryDatabase(storage.databaseUrl, "UPDATE messages SET x_message_id = '2089623330616353717' WHERE id = 'msg_1'");
        await expect(queryDatabase(storage.databaseUrl, `UPDATE messages SET x_message_id = '2089623330616353717' WHERE id = 'msg_${n}'`)).rejects.toThrow(refusal);
      });
    });

    it('is never asked for every row by a condition that is undefined or null', async () => {
      const { manager } = storage.writer;
      // What a careless caller passes where the types were talked out of it.
      const nothing = undefined as unknown as string;
      await expect(manager.findBy(MessageEntity, { id: nothing })).rejects.toThrow(/undefined/i);
      await expect(manager.findOneBy(MessageEntity, { id: null as unknown as string })).rejects.toThrow(/null/i);
      await expect(manager.update(MessageEntity, { id: nothing }, { reference: 'all of them' })).rejects.toThrow(/undefined/i);
      await expect(manager.delete(MessageEntity, { id: nothing })).rejects.toThrow(/undefined/i);
      expect(await queryDatabase(storage.databaseUrl, "SELECT id FROM messages WHERE reference = 'all of them'")).toEqual([]);
    });
  });

  onEngine('postgres', (engine) => {
    it('is migrated once when four instances start on an empty database', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const four = await Promise.all(Array.from({ length: 4 }, () => open(engine, databaseUrl)));
      try {
        await Promise.all(four.map(migrateAlone));
        expect(await queryDatabase(databaseUrl, 'SELECT name FROM migrations')).toHaveLength(MIGRATIONS.length);
      } finally {
        await Promise.all(four.map((one) => one.destroy()));
      }
    });

    it('is migrated by an instance that may open one connection only', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const dataSource = await open(engine, databaseUrl, 1);
      try {
        await migrateAlone(dataSource);
        expect(await queryDatabase(databaseUrl, 'SELECT name FROM migrations')).toHaveLength(MIGRATIONS.length);
      } finally {
        await dataSource.destroy();
      }
    }, 10_000);
  });
});
