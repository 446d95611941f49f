import type { QueryRunner } from 'typeorm';
import { type CanonicalValue, toCanonical } from './canonical-row.js';
import { MoveProblem } from './move-problem.js';
import type { MovedTable } from './moved-tables.service.js';

export const MOST_ROWS = 1_000;
/** A page has fewer rows where they are long: one delivery of X may take a megabyte. */
const MOST_CHARACTERS = 8_000_000;

export type Row = readonly CanonicalValue[];

/** Rows of a table in the order of its key, a page at a time: what is in memory does not grow with the table. The SQL is read alike by both engines. */
export class TablePages {
  private readonly key: string;
  private readonly parameters: string;

  constructor(
    private readonly runner: QueryRunner,
    private readonly table: MovedTable,
  ) {
    this.key = table.key.map(({ name }) => `"${name}"`).join(', ');
    this.parameters = table.key.map((_, n) => `$${n + 1}`).join(', ');
  }

  /** All pages after a key; null: from the first. */
  async *after(start: Row | null): AsyncGenerator<Row[]> {
    for (let from = start; ; ) {
      const page = await this.page(from);
      const last = page.at(-1);
      if (last === undefined) {
        return;
      }
      yield page;
      from = this.keyOf(last);
    }
  }

  keyOf(row: Row): Row {
    return this.table.key.map((column) => row[this.table.columns.findIndex(({ name }) => name === column.name)] ?? null);
  }

  async count(): Promise<number> {
    const [row] = await this.query<{ n: number | string }>(`SELECT count(*) AS n FROM "${this.table.name}"`, []);
    return Number(row?.n);
  }

  private async page(from: Row | null): Promise<Row[]> {
    const rest = `FROM "${this.table.name}" ${from === null ? '' : `WHERE (${this.key}) > (${this.parameters})`} ORDER BY ${this.key}`;
    const limit = `LIMIT $${(from?.length ?? 0) + 1}`;
    const columns = this.table.columns.map(({ name }) => `"${name}"`).join(', ');
    const size = this.table.columns.filter(({ type }) => type === 'text').map(({ name }) => `COALESCE(length("${name}"), 0)`);
    const sizes = `SELECT ${this.key}, ${size.join(' + ') || '0'} AS size ${rest} ${limit}`;
    const sums = `SELECT sum(size) OVER (ORDER BY ${this.key}) AS total FROM (${sizes}) AS sizes`;
    const [fitting] = await this.query<{ n: number | string }>(`SELECT count(*) AS n FROM (${sums}) AS sums WHERE total <= ${MOST_CHARACTERS}`, [...(from ?? []), MOST_ROWS]);
    const rows = await this.query<Record<string, unknown>>(`SELECT ${columns} ${rest} ${limit}`, [...(from ?? []), Math.max(1, Number(fitting?.n))]);
    return rows.map((row) => this.toRow(row));
  }

  private toRow(row: Record<string, unknown>): Row {
    return this.table.columns.map((column) => {
      try {
        return toCanonical(column, row[column.name]);
      } catch (error) {
        const key = this.table.key.map(({ name }) => String(row[name])).join(', ');
        throw error instanceof MoveProblem ? new MoveProblem(`${column.name} of ${key} in ${this.table.name} ${error.message}.`) : error;
      }
    });
  }

  private query<Found>(statement: string, parameters: readonly unknown[]): Promise<Found[]> {
    return this.runner.query(statement, [...parameters]) as Promise<Found[]>;
  }
}
