import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DataSource, type QueryRunner } from 'typeorm';
import { existingSqliteOptions } from '../database/data-source.service.js';
import { MOVED_AWAY } from '../database/moved-data.service.js';
import { MoveProblem } from './move-problem.js';
import { ALL_ENTITIES, assertAllAreMoved, groupByTable, type MovedTable, movedTablesOf } from './moved-tables.service.js';
import { TablePages } from './table-pages.service.js';

/** How long somebody who has the file open may take to let go of it. */
const BUSY_TIMEOUT_MS = 1_000;

/** The SQLite file that is moved. While it is open nobody else can read or write it, so what is read of it belongs together. */
export class SourceFile {
  private constructor(
    readonly file: string,
    private readonly dataSource: DataSource,
    private readonly runner: QueryRunner,
  ) {}

  /** @throws MoveProblem when there is no such file, somebody uses it, or it is not one that this version's service has made */
  static async open(file: string): Promise<SourceFile> {
    const path = resolve(file);
    if (!existsSync(path)) {
      throw new MoveProblem(`There is no file ${path}.`);
    }
    const dataSource = new DataSource({ ...existingSqliteOptions(path, BUSY_TIMEOUT_MS), entities: ALL_ENTITIES });
    try {
      await dataSource.initialize();
      const source = new SourceFile(path, dataSource, dataSource.createQueryRunner());
      await source.lock();
      await source.assertNewestSchema();
      return source;
    } catch (error) {
      await (dataSource.isInitialized ? dataSource.destroy() : undefined);
      throw toMoveProblem(error, path);
    }
  }

  get tables(): MovedTable[] {
    return movedTablesOf(this.dataSource);
  }

  pages(table: MovedTable): TablePages {
    return new TablePages(this.runner, table);
  }

  /** The ids of the keys that the data were sealed with; pepper ids are those of the keys that peppers are derived from. */
  async listSealingKeys(): Promise<string[]> {
    const columns = this.tables.flatMap(({ name, columns: all }) => all.filter((column) => /(encryption_key|pepper)_id$/.test(column.name)).map((column) => ({ table: name, column: column.name })));
    const ids = columns.map(({ table, column }) => `SELECT DISTINCT "${column}" AS id FROM "${table}" WHERE "${column}" IS NOT NULL`).join(' UNION ');
    return ((await this.runner.query(`${ids} ORDER BY id`)) as { id: string }[]).map(({ id }) => id);
  }

  /** From now on no service starts on this file. */
  async markMoved(): Promise<void> {
    await this.runner.query('PRAGMA synchronous = FULL');
    await this.runner.query(`CREATE TABLE IF NOT EXISTS ${MOVED_AWAY} (to_postgres integer)`);
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }

  /** In this mode SQLite keeps a lock until the connection closes; a service keeps one for as long as it runs, so they never have the file together. */
  private async lock(): Promise<void> {
    await this.runner.query('PRAGMA locking_mode = EXCLUSIVE');
    await this.runner.query('BEGIN EXCLUSIVE');
    await this.runner.query('COMMIT');
  }

  private async assertNewestSchema(): Promise<void> {
    const found = await this.listTables();
    const done = found.has('migrations') ? ((await this.runner.query('SELECT name FROM migrations')) as { name: string }[]).map(({ name }) => name) : [];
    const known = this.dataSource.migrations.map(({ name }) => name ?? '');
    if (done.some((name) => !known.includes(name))) {
      throw new MoveProblem(`${this.file} was used by a newer version of the service: move it with that version.`);
    }
    if (known.some((name) => !done.includes(name))) {
      throw new MoveProblem(`${this.file} was last used by an older version of the service, or by none: start this version on it once, stop it, and move it then.`);
    }
    assertAllAreMoved(this.tables, found, this.file);
  }

  private async listTables(): Promise<Map<string, string[]>> {
    const columns = (await this.runner.query(
      `SELECT t.name AS "table", c.name AS "column" FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`,
    )) as { table: string; column: string }[];
    return groupByTable(columns);
  }
}

function toMoveProblem(error: unknown, path: string): unknown {
  const message = error instanceof Error ? error.message : '';
  if (/SQLITE_(BUSY|LOCKED)/.test(message)) {
    return new MoveProblem(`${path} is in use: stop the service, and whatever else has it open.`);
  }
  return /SQLITE_(NOTADB|CORRUPT|CANTOPEN|READONLY|IOERR)/.test(message) ? new MoveProblem(`${path} cannot be used: ${message}.`) : error;
}
