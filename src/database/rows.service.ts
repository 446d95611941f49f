import type { EntityManager, ObjectLiteral } from 'typeorm';
import { executeTogether, executeWithCommit } from './sqlite-driver.service.js';
import { columnsOf, insertStatement, listOf, namesOf, remembered, type Table, tableOf, toEntity, toList } from './row-table.service.js';

/*
 * For the statements that every message pays for. They take and change many rows as easily as one, and TypeORM builds each statement
 * anew, which costs more than to run it. All others use the entity manager.
 *
 * A list of rows is one parameter, a JSON array with an array for each row: the text of a statement is the same however many rows it
 * gets, and reading one long text costs half of binding hundreds of values. SQLite answers with such a list too.
 *
 * On SQLite a statement costs little and the way to its thread and back a lot, most of all on a busy machine: so several reads are one
 * statement there, and several writes one call.
 */

/** A read of rows by equal columns, to be carried out by `readTogether`. */
export interface RowRead<Entity extends object> {
  entity: new () => Entity;
  keys: readonly Partial<Entity>[];
  isLocked: boolean;
}

/**
 * All `keys` name the same columns. With `isLocked` the rows are the caller's until the transaction ends, where the engine locks rows
 * at all; they are locked in the order of their ids, by everybody.
 */
export function rowsBy<Entity extends object>(entity: new () => Entity, keys: readonly Partial<Entity>[], isLocked = false): RowRead<Entity> {
  return { entity, keys, isLocked };
}

type Found<Reads extends readonly RowRead<object>[]> = { -readonly [N in keyof Reads]: Reads[N] extends RowRead<infer Entity> ? Entity[] : never };

/** Reads that do not need each other; those that lock do it in the order given. */
export async function readTogether<Reads extends readonly RowRead<object>[]>(manager: EntityManager, ...reads: Reads): Promise<Found<Reads>> {
  const found: unknown[][] = [];
  const asked = reads.map((read) => prepareRead(manager, read));
  if (manager.connection.options.type === 'postgres') {
    for (const read of asked) {
      const rows = read.list === '[]' ? [] : await manager.query<Record<string, unknown>[]>(read.statement('$1'), [read.list]);
      found.push(rows.map((row) => read.toEntity(read.table.columns.map(({ name }) => row[name]))));
    }
  } else {
    const columns = asked.map(({ statement }, n) => `(${statement(`$${n + 1}`)}) AS list${n}`);
    const [row] = await manager.query<Record<string, string>[]>(`SELECT ${columns.join(', ')}`, asked.map(({ list }) => list));
    found.push(...asked.map((read, n) => (JSON.parse(row?.[`list${n}`] ?? '[]') as unknown[][]).map(read.toEntity)));
  }
  return found as Found<Reads>;
}

/** Rows by equal columns. */
export async function findRows<Entity extends ObjectLiteral>(manager: EntityManager, entity: new () => Entity, keys: readonly Partial<Entity>[], isLocked = false): Promise<Entity[]> {
  if (keys.length === 0) {
    return [];
  }
  const [rows] = await readTogether(manager, rowsBy(entity, keys, isLocked));
  return rows;
}

/** One row by equal columns; null when there is none. */
export async function findRow<Entity extends ObjectLiteral>(manager: EntityManager, entity: new () => Entity, key: Partial<Entity>, isLocked = false): Promise<Entity | null> {
  const [row] = await findRows(manager, entity, [key], isLocked);
  return row ?? null;
}

/** Writes that are carried out together, in the order in which they were asked for. Rows are written as they are by then. */
export class RowWrites {
  private readonly waiting: { statement: string; list: () => string }[] = [];

  constructor(readonly manager: EntityManager) {}

  /** Adds rows, which all name the same columns; what they leave out has the column's default. */
  insert<Entity extends ObjectLiteral>(entity: new () => Entity, rows: readonly Partial<Entity>[]): void {
    if (rows.length > 0) {
      const table = tableOf(this.manager, entity);
      const columns = columnsOf(table, Object.keys(rows[0] as object));
      const statement = insertStatement(table, columns);
      this.waiting.push({ statement, list: () => JSON.stringify(toList(columns, rows)) });
    }
  }

  /** Writes these columns of the rows, and further `assignments` in SQL, where a row is named by its table. */
  update<Entity extends ObjectLiteral & { id: string }>(entity: new () => Entity, rows: readonly (Partial<Entity> & { id: string })[], properties: readonly (keyof Entity & string)[], assignments = ''): void {
    if (rows.length > 0) {
      const table = tableOf(this.manager, entity);
      const columns = columnsOf(table, ['id', ...properties]);
      const statement = remembered(table, `update ${namesOf(columns).join()} ${assignments}`, () => {
        const set = columns.flatMap(({ name }, n) => (name === 'id' ? [] : [`${name} = list.c${n}`]));
        const id = columns.findIndex(({ name }) => name === 'id');
        return `UPDATE ${table.name} SET ${[...set, ...(assignments === '' ? [] : [assignments])].join(', ')} FROM ${listOf(table, columns, '$1')} AS list WHERE ${table.name}.id = list.c${id}`;
      });
      this.waiting.push({ statement, list: () => JSON.stringify(toList(columns, rows)) });
    }
  }

  /** Now: for what is read after them. */
  async flush(): Promise<void> {
    const writes = this.take();
    await (this.isPostgres || writes.length < 2 ? this.writeEach(writes) : executeTogether(this.manager, writes));
  }

  /** As the last of the unit of work, which reads nothing any more. */
  async flushWithCommit(): Promise<void> {
    const writes = this.take();
    await (this.isPostgres ? this.writeEach(writes) : executeWithCommit(this.manager, writes));
  }

  private take(): { statement: string; list: string }[] {
    return this.waiting.splice(0).map(({ statement, list }) => ({ statement, list: list() }));
  }

  private get isPostgres(): boolean {
    return this.manager.connection.options.type === 'postgres';
  }

  private async writeEach(writes: readonly { statement: string; list: string }[]): Promise<void> {
    for (const { statement, list } of writes) {
      await this.manager.query(statement, [list]);
    }
  }
}

interface PreparedRead {
  table: Table;
  statement: (parameter: string) => string;
  list: string;
  toEntity: (row: readonly unknown[]) => unknown;
}

function prepareRead(manager: EntityManager, { entity, keys, isLocked }: RowRead<object>): PreparedRead {
  const table = tableOf(manager, entity);
  // Without a key there is nothing to be found by any column.
  const columns = columnsOf(table, keys[0] === undefined ? ['id'] : Object.keys(keys[0]));
  const list = toList(columns, keys);
  return {
    table,
    statement: (parameter) =>
      remembered(table, `find ${parameter} ${namesOf(columns).join()} ${isLocked}`, () => {
        const wanted = columns.map(({ name }, n) => `t.${name} = wanted.c${n}`).join(' AND ');
        const all = table.columns.map(({ name }) => `t.${name}`).join(', ');
        // SQLite takes the tables of a CROSS JOIN in this order: never a look at all rows.
        const from = `FROM ${listOf(table, columns, parameter)} AS wanted CROSS JOIN ${table.name} AS t WHERE ${wanted}`;
        return table.isPostgres ? `SELECT ${all} ${from}${isLocked ? ' ORDER BY t.id FOR UPDATE OF t' : ''}` : `SELECT json_group_array(json_array(${all})) ${from}`;
      }),
    list: JSON.stringify([...new Map(list.map((key) => [key.join('\n'), key])).values()]),
    toEntity: (row) => toEntity(table, row, new entity()),
  };
}
