import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { ALL_ENTITIES, movedTablesOf } from '../../src/migrate-data/moved-tables.service.js';
import { startServiceProcess } from '../chaos/service-process.js';
import type { AnswerBody } from '../e2e/answers.js';
import { queryDatabase } from '../e2e/database.js';
import { hear, messageIn, newcomer, type Service, startService } from '../e2e/service.js';
import { onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ensureBuild, freePort, type RunningProcess, startNode } from '../support/processes.js';
import { RunningClock } from '../support/running-clock.js';
import { RANIA } from '../e2e/cast.js';
import { temporaryFolder } from './temporary-folder.js';
import { LEASE_IS_OVER_MS, readAnswers, type UsedService, useService } from './used-service.js';

jest.setTimeout(120_000);

/** So that a table has more than one page. */
const MANY_EVENTS = 2_500;

onEngine('postgres', (engine) => {
  describe('npm run migrate-data', () => {
    const folder = temporaryFolder();
    let used: UsedService;
    let inUse: { code: number | null; output: string };
    let target: string;
    let copies = 0;

    const start = (args: string[], env: Record<string, string | undefined> = {}): RunningProcess =>
      startNode(['scripts/built.cjs', 'dist/migrate-data/main.js', ...args], { env: { ENCRYPTION_KEY: undefined, ...env } });
    const startKilledAt = (file: string, to: string, moment: string): RunningProcess =>
      startNode(['--require', './test/programs/killed-at.cjs', 'dist/migrate-data/main.js', '--from', `sqlite:${file}`, '--to', to], { env: { ENCRYPTION_KEY: undefined, KILL_AT: moment } });
    async function move(file: string, to: string, env: Record<string, string | undefined> = {}): Promise<{ code: number | null; output: string }> {
      const run = start(['--from', `sqlite:${file}`, '--to', to], env);
      const { code } = await run.waitForEnd(60_000);
      return { code, output: run.output };
    }
    /** The file as the killed service left it, with what SQLite keeps beside it. */
    function copyOfFile(): string {
      copies += 1;
      const copy = join(folder, `copy-${copies}.db`);
      for (const suffix of ['', '-wal']) if (existsSync(`${used.file}${suffix}`)) copyFileSync(`${used.file}${suffix}`, `${copy}${suffix}`);
      return copy;
    }
    const rowsOf = async (databaseUrl: string): Promise<Record<string, string[]>> => {
      const rows: Record<string, string[]> = {};
      for (const { name } of await movedTables()) {
        const found = await queryDatabase<Record<string, unknown>>(databaseUrl, `SELECT * FROM ${name}`);
        rows[name] = found.map((row) => Object.keys(row).sort().map((column) => `${column}=${String(typeof row[column] === 'boolean' ? Number(row[column]) : row[column])}`).join('\n')).sort();
      }
      return rows;
    };

    beforeAll(async () => {
      await ensureBuild();
      used = await useService(folder);
      inUse = await move(used.file, await engine.createDatabaseUrl());
      await used.process.end('SIGKILL');
      const event = `'e' || n, 'key', n, 'utf8', 'as it came', 'processed', NULL, n`;
      await queryDatabase(`sqlite:${used.file}`, `INSERT INTO webhook_events SELECT ${event} FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${MANY_EVENTS}) SELECT n FROM c)`);
      target = await engine.createDatabaseUrl();
    }, 240_000);
    afterAll(async () => {
      await used.receiver.stop();
      await used.sandbox.close();
    });

    it('leaves a file alone that a service has open', () => {
      expect(inUse).toEqual({ code: 1, output: `${used.file} is in use: stop the service, and whatever else has it open.\n` });
    });

    it('refuses a file that this version cannot move as a whole, and says why', async () => {
      const [older, unknown, odd] = [copyOfFile(), copyOfFile(), join(folder, 'odd.db')];
      await queryDatabase(`sqlite:${older}`, 'DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations)');
      await queryDatabase(`sqlite:${unknown}`, 'CREATE TABLE forgotten (id text)');
      writeFileSync(odd, 'no database, though long enough to be one. '.repeat(50));
      const to = await engine.createDatabaseUrl();
      const refused = [await move(older, to), await move(unknown, to), await move(odd, to), await move(join(folder, 'nowhere.db'), to)];
      expect(refused.map(({ code }) => code)).toEqual([1, 1, 1, 1]);
      expect(refused[0]?.output).toContain('older version of the service, or by none: start this version on it once');
      expect(refused[1]?.output).toContain('has forgotten, which would be left behind');
      expect(refused[2]?.output).toContain('cannot be used: SQLITE_NOTADB');
      expect(refused[3]?.output).toContain('There is no file');
      expect(existsSync(join(folder, 'nowhere.db'))).toBe(false);
      expect(await queryDatabase(to, 'SELECT tablename FROM pg_tables WHERE schemaname = current_schema()')).toEqual([]);
    });

    it('moves every table that the service has', async () => {
      const service = await startService({ databaseUrl: `sqlite:${join(folder, 'empty.db')}`, sandboxUrl: used.sandbox.url });
      const dataSource = service.app.get(DataSource);
      const stored = (await queryDatabase<{ name: string }>(`sqlite:${join(folder, 'empty.db')}`, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")).map(({ name }) => name);
      await service.stop();
      const moved = (await movedTables()).map(({ name }) => name);
      expect(moved).toEqual(dataSource.entityMetadatas.map(({ tableName }) => tableName).sort());
      expect(moved).toEqual(stored.filter((name) => name !== 'migrations').sort());
      expect(moved.length).toBeGreaterThan(20);
    });

    it('says early when the service would not be able to open what is sealed', async () => {
      const to = await engine.createDatabaseUrl();
      const wrong = await move(copyOfFile(), to, { ENCRYPTION_KEY: Buffer.alloc(32, 9).toString('base64') });
      expect(wrong.code).toBe(1);
      expect(wrong.output).toMatch(/sealed with the key \w{8}, which ENCRYPTION_KEY and ENCRYPTION_KEYS_PREVIOUS of this shell do not have/);
      expect(await queryDatabase(to, 'SELECT tablename FROM pg_tables WHERE schemaname = current_schema()')).toEqual([]);
    });

    it('goes on after it was killed at any moment, without loss or repetition, and no service starts on what is half there', async () => {
      const file = copyOfFile();
      const before = await rowsOf(`sqlite:${file}`);
      const moments = [
        'after|CREATE TABLE migrate_data_progress|1',
        'after|COMMIT|4',
        'before|INSERT INTO migrate_data_progress|9',
        'after|INSERT INTO conversations|1',
        'after|INSERT INTO messages|1',
        'before|INSERT INTO webhook_events|2',
        'before|UPDATE migrate_data_progress|1',
        'after|COMMIT|2',
        'before|sum(size)|3',
        'before|DROP TABLE|1',
      ];
      for (const moment of moments) {
        const run = startKilledAt(file, target, moment);
        expect([moment, await run.waitForEnd(60_000), run.output.includes('ok')]).toEqual([moment, { code: null, signal: 'SIGKILL' }, moment.startsWith('before|DROP')]);
      }
      const early = startServiceProcess({ databaseUrl: target, port: await freePort(), sandbox: used.sandbox });
      expect((await early.process.waitForEnd(30_000)).code).toBe(1);
      expect(early.process.output).toContain('is being filled by `npm run migrate-data`');

      const withPassword = new URL(target);
      withPassword.password = 'pass-word-of-it';
      const { code, output } = await move(file, withPassword.href, { ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') });
      expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/Moving: ([\d,]+) of \1 rows \(100 %\)[^]*ok {4}messages +\d+ rows {2}\w{16}[^]*All is in PostgreSQL/) as string });
      expect(output).not.toContain('pass-word-of-it');
      expect(await rowsOf(target)).toEqual(before);
      expect(before['messages']?.length).toBeGreaterThan(8);
      expect(before['webhook_events']?.length).toBeGreaterThan(MANY_EVENTS);

      const late = startServiceProcess({ databaseUrl: `sqlite:${file}`, port: await freePort(), sandbox: used.sandbox });
      expect((await late.process.waitForEnd(30_000)).code).toBe(1);
      expect(late.process.output).toContain('These data were moved to PostgreSQL');
    });

    it('refuses a target that has something in it already, and leaves it as it is', async () => {
      const before = await rowsOf(target);
      const { code, output } = await move(copyOfFile(), target);
      expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('is not empty: it has the tables ') as string });
      expect(await rowsOf(target)).toEqual(before);
    });

    it.each([
      ['a row that was changed in the target', 'postgres', "UPDATE messages SET content = replace(content, 'sent already', 'sent, already')", /FAIL {2}messages /],
      ['a row that is missing in the target', 'postgres', 'DELETE FROM attempts WHERE id = (SELECT min(id) FROM attempts)', /FAIL {2}attempts +(\d+) rows .* <> +\d+ rows/],
      ['a source that was used between two runs', 'sqlite', "INSERT INTO message_steps VALUES ('0', 'msg', 1, 'held', '{}')", /FAIL {2}message_steps /],
    ])('finds %s, and then calls nothing moved', async (_, side, statement, found) => {
      const [file, to] = [copyOfFile(), await engine.createDatabaseUrl()];
      await startKilledAt(file, to, 'before|sum(size)|1').waitForEnd(60_000);
      await queryDatabase(side === 'sqlite' ? `sqlite:${file}` : to, statement);
      const { code, output } = await move(file, to);
      expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(found) as string });
      expect(output.match(/FAIL/g)).toHaveLength(1);
      const service = startServiceProcess({ databaseUrl: to, port: await freePort(), sandbox: used.sandbox });
      expect((await service.process.waitForEnd(30_000)).code).toBe(1);
    });

    it('refuses what is no such value, and says where it stands', async () => {
      const file = copyOfFile();
      await queryDatabase(`sqlite:${file}`, `UPDATE messages SET reference = 'a' || char(0) || 'b' WHERE id = '${used.ids.sent}'`);
      expect(await move(file, await engine.createDatabaseUrl())).toEqual({ code: 1, output: textEnding(`reference of ${used.ids.sent} in messages holds the character NUL, which PostgreSQL cannot hold.\n`) });
    });

    it('says what it takes', async () => {
      const runs = [start(['--help']), start([]), start(['--from', 'sqlite:x.db', '--to', 'mysql://me:secret@host/x']), start(['--form', 'sqlite:x.db'])];
      expect(await Promise.all(runs.map(async (run) => (await run.waitForEnd()).code))).toEqual([0, 2, 2, 2]);
      for (const { output } of runs) expect(output).toContain('npm run migrate-data -- --from sqlite:');
      expect(runs[2]?.output).not.toContain('secret');
    });

    describe('and a service on what was moved', () => {
      const clock = new RunningClock();
      let service: Service;
      beforeAll(async () => {
        service = await startService({ databaseUrl: target, sandboxUrl: used.sandbox.url, port: used.port, clock, env: used.env });
      });
      afterAll(() => service.stop());
      const statusOf = async (id: string): Promise<unknown> => (await service.call(`/v1/messages/${id}`)).body.status;

      it('answers as the one before it', async () => {
        const answers = await readAnswers(service.url);
        const known = <Body extends { id: string }>(list: Body[], before: Body[]): Body[] => list.filter(({ id }) => before.some((one) => one.id === id));
        for (const list of ['api-keys', 'callbacks', 'messages', 'events', 'audit-log'] as const) {
          expect(used.answers[list]).not.toEqual([]);
          expect(known(answers[list], used.answers[list])).toEqual(used.answers[list]);
        }
        expect(answers.channels.map(({ id, account, secrets }) => ({ id, account, secrets }))).toEqual(used.answers.channels.map(({ id, account, secrets }) => ({ id, account, secrets })));
        expect(await statusOf(used.ids.held)).toBe('held');
        expect(await statusOf(used.ids.sending)).toBe('sending');
      });

      it('calls what was on its way to X unknown, sends what was only claimed, and sends nothing twice', async () => {
        clock.advance(LEASE_IS_OVER_MS);
        await messageIn(service, used.ids.sending, 'unknown');
        await messageIn(service, used.ids.claimed, 'sent');
        const texts = used.sandbox.ledger.sends.map(({ participant, text }) => `${participant} ${text}`);
        expect(texts.filter((text, n) => texts.indexOf(text) !== n)).toEqual([]);
        expect(texts.filter((text) => /taken, and nobody was told|claimed only|sent already|who knows/.test(text))).toHaveLength(4);
        expect(texts.join()).not.toMatch(/behind the one that hangs|waits for|refused/);
      });

      it('goes on with its numbers: of events, of a conversation, of the audit log', async () => {
        const last = used.answers.events.at(-1) as AnswerBody;
        await hear({ sandbox: used.sandbox, service, databaseUrl: target, stop: () => Promise.resolve() }, RANIA.id, 'Still there?');
        const told = await eventually(
          async () => (await service.call(`/v1/events?limit=100&after=${last.id}`)).body.data.find(({ type, data }) => type === 'message.received' && JSON.stringify(data).includes('Still there?')) ?? null,
          'it is in the feed',
        );
        const ofRania = used.answers.events.filter(({ data }) => JSON.stringify(data).includes(RANIA.id)).map(({ sequence }) => sequence ?? 0);
        expect(told.sequence).toBeGreaterThan(Math.max(...ofRania));
        await service.call('/v1/api-keys', { body: { team: 'default', scopes: ['messages:read'] } });
        expect((await service.call('/v1/audit-log/verification')).body).toMatchObject({ holds: true });
        await service.call('/v1/messages', { body: { from: used.answers.channels[0]?.account.id, to: { number: newcomer(used.sandbox) }, content: { type: 'text', text: 'after the move' } } });
        await eventually(() => used.sandbox.ledger.sends.some(({ text }) => text === 'after the move'), 'it is sent');
      });
    });
  });
});

const textEnding = (end: string): string => expect.stringMatching(new RegExp(`${end.replace(/[.\\]/g, '\\$&')}$`)) as string;

/** The program's own list, of an empty database. */
async function movedTables(): Promise<{ name: string }[]> {
  const dataSource = await new DataSource({ type: 'sqlite', database: ':memory:', entities: ALL_ENTITIES }).initialize();
  try {
    return movedTablesOf(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
