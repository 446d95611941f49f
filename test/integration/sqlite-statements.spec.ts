import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PreparingDatabase } from '../../src/database/sqlite-statements.service.js';

type Rows = Record<string, unknown>[];

describe('A connection that keeps its statements prepared', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dm-channel-statements-'));
  let database: PreparingDatabase;
  const ask = (kind: 'run' | 'all', sql: string, parameters: unknown[] = []): Promise<{ rows: Rows; changes: number }> =>
    new Promise((done, failed) => {
      database[kind](sql, parameters, function (this: { changes: number }, error: Error | null, rows: Rows = []) {
        if (error === null) {
          done({ rows, changes: this.changes });
        } else {
          failed(error);
        }
      });
    });
  const close = (): Promise<void> => new Promise((done, failed) => database.close((error) => (error === null ? done() : failed(error))));

  beforeEach(async () => {
    database = await new Promise((done) => {
      const opened: PreparingDatabase = new PreparingDatabase(join(folder, 'test.db'), () => done(opened));
    });
    await ask('run', 'DROP TABLE IF EXISTS numbers');
    await ask('run', 'CREATE TABLE numbers (n INTEGER PRIMARY KEY)');
  });
  afterEach(() => close().catch(() => undefined));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('answers the same text with other values, several at once too', async () => {
    const inserted = await Promise.all([1, 2, 3].map((n) => ask('run', 'INSERT INTO numbers VALUES (?)', [n])));
    expect(inserted.map(({ changes }) => changes)).toEqual([1, 1, 1]);
    const found = await Promise.all([3, 1, 4].map((n) => ask('all', 'SELECT n FROM numbers WHERE n = ?', [n])));
    expect(found.map(({ rows }) => rows)).toEqual([[{ n: 3 }], [{ n: 1 }], []]);
  });

  it('tells of a text that it does not understand, each time, and goes on', async () => {
    for (let time = 0; time < 2; time += 1) {
      await expect(ask('all', 'SELECT nonsense FROM nowhere')).rejects.toThrow('no such table');
    }
    expect((await ask('all', 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('goes on with a statement that failed', async () => {
    await ask('run', 'INSERT INTO numbers VALUES (?)', [1]);
    await expect(ask('run', 'INSERT INTO numbers VALUES (?)', [1])).rejects.toThrow('UNIQUE');
    expect((await ask('run', 'INSERT INTO numbers VALUES (?)', [2])).changes).toBe(1);
  });

  it('leaves no transaction open that a statement with answers ran in', async () => {
    await ask('run', 'BEGIN IMMEDIATE');
    await ask('run', 'INSERT INTO numbers VALUES (1) RETURNING n');
    await ask('run', 'COMMIT');
    await ask('run', 'BEGIN IMMEDIATE');
    await ask('run', 'ROLLBACK');
    expect((await ask('all', 'SELECT count(*) AS count FROM numbers')).rows).toEqual([{ count: 1 }]);
  });

  it('sees a change of the tables', async () => {
    expect((await ask('all', 'SELECT * FROM numbers')).rows).toEqual([]);
    await ask('run', "ALTER TABLE numbers ADD COLUMN word TEXT NOT NULL DEFAULT 'none'");
    await ask('run', 'INSERT INTO numbers (n) VALUES (1)');
    expect((await ask('all', 'SELECT * FROM numbers')).rows).toEqual([{ n: 1, word: 'none' }]);
  });

  it('lets go of what is not asked for any more, and closes with what it keeps', async () => {
    for (let n = 0; n < 700; n += 1) {
      await ask('all', `SELECT ${n} AS n`);
    }
    expect((database as unknown as { kept: Map<string, unknown> }).kept.size).toBe(300);
    expect((await ask('all', 'SELECT 0 AS n')).rows).toEqual([{ n: 0 }]);
    await close();
  });
});
