import { DataSource, type QueryRunner } from 'typeorm';
import { showUrl } from '../config/values/shown-value.js';
import { writerOptions } from '../database/data-source.service.js';
import { migrateAlone } from '../database/migrate.service.js';
import { MOVE_UNDER_WAY } from '../database/moved-data.service.js';
import { insertStatement, tableOf } from '../database/row-table.service.js';
import { MoveProblem } from './move-problem.js';
import { ALL_ENTITIES, assertAllAreMoved, groupByTable, type MovedTable, movedTablesOf } from './moved-tables.service.js';
import { type Row, TablePages } from './table-pages.service.js';

/** Any number that no other user of the database takes for its own advisory lock. */
const MOVE_LOCK = 7_245_110_422;

/**
 * The PostgreSQL that is filled:
 *
 * without tables ──▶ marked as under way ──▶ schema made ──▶ emptied of what the schema brings, progress at the beginning ──▶
 * pages, each with its progress in one transaction ──▶ checked ──▶ mark gone
 *
 * A run that is cut short anywhere is gone on with from where the mark says it was.
 */
export class TargetDatabase {
  private constructor(
    readonly shownUrl: string,
    private readonly dataSource: DataSource,
    private readonly runner: QueryRunner,
  ) {}

  /** @throws MoveProblem when it does not answer, somebody else fills it, or it has tables that this program has not made */
  static async open(url: string, source: { file: string; tables: readonly MovedTable[] }): Promise<TargetDatabase> {
    const shown = showUrl(url);
    // One connection for the work and one for the migrations, which take a lock of their own.
    const dataSource = new DataSource({ ...writerOptions({ engine: 'postgres', postgresPoolSize: 2, postgresTimeoutMs: 0, postgresMayLoseCommits: false }, url), entities: ALL_ENTITIES });
    await dataSource.initialize().catch((error: unknown) => {
      throw new MoveProblem(`${shown} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    });
    const target = new TargetDatabase(shown, dataSource, dataSource.createQueryRunner());
    try {
      await target.prepare(source);
      return target;
    } catch (error) {
      await target.close();
      throw error;
    }
  }

  pages(table: MovedTable): TablePages {
    return new TablePages(this.runner, table);
  }

  /** How far a table has come. */
  async progressOf(table: MovedTable): Promise<{ lastKey: Row | null; rows: number }> {
    const [row] = (await this.runner.query(`SELECT last_key, moved FROM ${MOVE_UNDER_WAY} WHERE table_name = $1`, [table.name])) as { last_key: string | null; moved: string }[];
    return { lastKey: row === undefined || row.last_key === null ? null : (JSON.parse(row.last_key) as Row), rows: Number(row?.moved ?? 0) };
  }

  async add(table: MovedTable, page: readonly Row[], lastKey: Row): Promise<void> {
    const { manager } = this.runner;
    const known = tableOf(manager, table.entity);
    await this.together(async () => {
      await this.runner.query(insertStatement(known, known.columns), [JSON.stringify(page)]);
      await this.runner.query(`UPDATE ${MOVE_UNDER_WAY} SET last_key = $1, moved = moved + $2 WHERE table_name = $3`, [JSON.stringify(lastKey), page.length, table.name]);
    });
  }

  /** A service can start on it from now on. */
  async finish(): Promise<void> {
    await this.runner.query(`DROP TABLE ${MOVE_UNDER_WAY}`);
    await this.runner.query('ANALYZE');
  }

  async close(): Promise<void> {
    await this.runner.release();
    await this.dataSource.destroy();
  }

  private async prepare({ file, tables }: { file: string; tables: readonly MovedTable[] }): Promise<void> {
    const [lock] = (await this.runner.query('SELECT pg_try_advisory_lock($1) AS taken', [MOVE_LOCK])) as { taken: boolean }[];
    if (lock?.taken !== true) {
      throw new MoveProblem(`Another run of this program is filling ${this.shownUrl}.`);
    }
    await this.mark(tables);
    await migrateAlone(this.dataSource);
    assertAllAreMoved(movedTablesOf(this.dataSource), await this.listTables(), this.shownUrl);
    await this.begin(file, tables);
  }

  private async mark(tables: readonly MovedTable[]): Promise<void> {
    const found = await this.listTables();
    if (found.has(MOVE_UNDER_WAY)) {
      return;
    }
    const ours = ['migrations', ...tables.map(({ name }) => name)].filter((name) => found.has(name));
    if (ours.length > 0) {
      throw new MoveProblem(`${this.shownUrl} is not empty: it has the tables ${ours.slice(0, 5).join(', ')}${ours.length > 5 ? ` and ${ours.length - 5} more` : ''}. Give a database that is (CREATE DATABASE …).`);
    }
    await this.runner.query(`CREATE TABLE ${MOVE_UNDER_WAY} (table_name text PRIMARY KEY, source text NOT NULL, last_key text, moved bigint NOT NULL)`);
  }

  private async begin(file: string, tables: readonly MovedTable[]): Promise<void> {
    const [begun] = (await this.runner.query(`SELECT source FROM ${MOVE_UNDER_WAY} LIMIT 1`)) as { source: string }[];
    if (begun !== undefined && begun.source !== file) {
      throw new MoveProblem(`${this.shownUrl} is half filled from ${begun.source}: go on with that file, or give an empty database.`);
    }
    if (begun === undefined) {
      await this.together(async () => {
        for (const { name } of tables) {
          await this.runner.query(`DELETE FROM "${name}"`);
          await this.runner.query(`INSERT INTO ${MOVE_UNDER_WAY} (table_name, source, moved) VALUES ($1, $2, 0)`, [name, file]);
        }
      });
    }
  }

  private async listTables(): Promise<Map<string, string[]>> {
    return groupByTable(
      (await this.runner.query(
        `SELECT c.table_name AS "table", c.column_name AS "column" FROM information_schema.columns AS c
           JOIN information_schema.tables AS t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
          WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'`,
      )) as { table: string; column: string }[],
    );
  }

  private async together(work: () => Promise<void>): Promise<void> {
    await this.runner.startTransaction();
    try {
      await work();
      await this.runner.commitTransaction();
    } catch (error) {
      await this.runner.rollbackTransaction();
      throw error;
    }
  }
}
