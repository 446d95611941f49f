import { DataSource, type DataSourceOptions } from 'typeorm';
import { writerOptions } from '../../src/database/data-source.service.js';
import type { MovedTable } from '../../src/migrate-data/moved-tables.service.js';
import { Progress } from '../../src/migrate-data/progress.service.js';
import { MOST_ROWS, type Row, TablePages } from '../../src/migrate-data/table-pages.service.js';
import { Timers } from '../../src/runtime/timers.service.js';
import { queryDatabase } from '../e2e/database.js';
import { forEachEngine } from '../support/engines.js';

const [hour, name, text] = [{ name: 'hour', type: 'bigint' }, { name: 'name', type: 'varchar' }, { name: 'text', type: 'text' }] as const;
const TABLE: MovedTable = { name: 'things', columns: [hour, name, text], key: [name, hour], entity: Object };
const MEGABYTE = 1_000_000;

forEachEngine((engine) => {
  describe('The pages of a table that is moved', () => {
    let url: string;
    let dataSource: DataSource;
    const options = (): DataSourceOptions =>
      engine.name === 'sqlite'
        ? writerOptions({ engine: 'sqlite', file: url.slice('sqlite:'.length), sqliteBusyTimeoutMs: 1_000 }, url)
        : writerOptions({ engine: 'postgres', postgresPoolSize: 1, postgresTimeoutMs: 0, postgresMayLoseCommits: true }, url);
    const numbers = (count: number): string => `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${count})`;
    const text = (length: number): string => (engine.name === 'sqlite' ? `printf('%0${length}d', n)` : `lpad(n::text, ${length}, '0')`);

    beforeEach(async () => {
      url = await engine.createDatabaseUrl();
      await queryDatabase(url, 'CREATE TABLE things (hour bigint, name varchar, text text, PRIMARY KEY (name, hour))');
      dataSource = await new DataSource(options()).initialize();
    });
    afterEach(() => dataSource.destroy());

    async function pagesAfter(start: Row | null): Promise<Row[][]> {
      const pages: Row[][] = [];
      const runner = dataSource.createQueryRunner();
      for await (const page of new TablePages(runner, TABLE).after(start)) pages.push(page);
      await runner.release();
      return pages;
    }

    it('have each row once, also where a key has two columns and ends in the middle of a page', async () => {
      await queryDatabase(url, `INSERT INTO things ${numbers(2 * MOST_ROWS + 500)} SELECT n, 'name ' || (n % 3), NULL FROM c`);
      const pages = await pagesAfter(null);
      expect(pages.map((page) => page.length)).toEqual([MOST_ROWS, MOST_ROWS, 500]);
      expect(new Set(pages.flat().map((row) => row.join())).size).toBe(2 * MOST_ROWS + 500);
      const last = pages[0]?.at(-1) ?? [];
      expect(await pagesAfter([last[1] ?? null, last[0] ?? null])).toEqual(pages.slice(1));
    });

    it('have fewer rows where rows are long, and one where it alone is too long', async () => {
      await queryDatabase(url, `INSERT INTO things ${numbers(20)} SELECT n, 'long', ${text(MEGABYTE)} FROM c`);
      await queryDatabase(url, `INSERT INTO things ${numbers(2)} SELECT n, 'longer', ${text(9 * MEGABYTE)} FROM c`);
      expect((await pagesAfter(null)).map((page) => page.length)).toEqual([8, 8, 4, 1, 1]);
    });
  });
});

describe('The progress of a move', () => {
  class ManualTimers extends Timers {
    now = 0;
    override monotonicMs(): number {
      return this.now;
    }
  }
  function show(isTTY: boolean): string {
    const timers = new ManualTimers();
    let shown = '';
    const progress = new Progress({ isTTY, write: (text: string) => (shown += text) } as unknown as NodeJS.WriteStream, timers);
    progress.begin('Moving', 4_000);
    for (const at of [50, 1_000, 2_500, 2_600]) {
      timers.now = at;
      progress.add(1_000);
    }
    progress.end();
    return shown;
  }

  it('is a bar that is drawn anew on a terminal', () => {
    expect(show(true).split('\r').slice(1)).toEqual([
      `[${'#'.repeat(15)}${'-'.repeat(15)}] Moving: 2,000 of 4,000 rows (50 %)`,
      `[${'#'.repeat(23)}${'-'.repeat(7)}] Moving: 3,000 of 4,000 rows (75 %)`,
      `[${'#'.repeat(30)}] Moving: 4,000 of 4,000 rows (100 %)`,
      `[${'#'.repeat(30)}] Moving: 4,000 of 4,000 rows (100 %)\n`,
    ]);
  });

  it('is a line every two seconds elsewhere', () => {
    expect(show(false)).toBe('Moving: 3,000 of 4,000 rows (75 %)\nMoving: 4,000 of 4,000 rows (100 %)\n');
  });
});
