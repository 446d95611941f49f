import { join } from 'node:path';
import type { DataSource, EntityMetadata } from 'typeorm';
import { MOVE_UNDER_WAY, MOVED_AWAY } from '../database/moved-data.service.js';
import { MOVED_TYPES, type MovedColumn, type MovedType } from './canonical-row.js';
import { MoveProblem } from './move-problem.js';

/** Every entity there is, by the suffix that each has: none can be forgotten. */
export const ALL_ENTITIES = [join(__dirname, '..', '**', '*.entity.{js,ts}')];

/** The engines' own account of the schema, and the marks of a move. */
const NOT_MOVED = ['migrations', MOVE_UNDER_WAY, MOVED_AWAY];

export interface MovedTable {
  name: string;
  columns: readonly MovedColumn[];
  key: readonly MovedColumn[];
  entity: new () => object;
}

/** The tables that are moved, by their names. */
export function movedTablesOf(dataSource: DataSource): MovedTable[] {
  return dataSource.entityMetadatas.map(toMovedTable).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function toMovedTable({ tableName: name, columns, primaryColumns, generatedColumns, target }: EntityMetadata): MovedTable {
  if (generatedColumns.length > 0) {
    throw new MoveProblem(`The engine numbers rows of ${name} by itself: its counter would have to be moved as well, which this program does not do.`);
  }
  const toColumn = ({ databaseName, type }: EntityMetadata['columns'][number]): MovedColumn => {
    if (!MOVED_TYPES.includes(type as MovedType)) {
      throw new MoveProblem(`The column ${databaseName} of ${name} has a type that this program does not know: ${String(type)}.`);
    }
    return { name: databaseName, type: type as MovedType };
  };
  return { name, columns: columns.map(toColumn), key: primaryColumns.map(toColumn), entity: target as new () => object };
}

/** The columns that a database says it has, by table. */
export function groupByTable(columns: readonly { table: string; column: string }[]): Map<string, string[]> {
  const tables = new Map<string, string[]>();
  columns.forEach(({ table, column }) => tables.set(table, [...(tables.get(table) ?? []), column]));
  return tables;
}

/** @throws MoveProblem when the database has a table or a column that would not be moved, or lacks one */
export function assertAllAreMoved(tables: readonly MovedTable[], found: ReadonlyMap<string, readonly string[]>, where: string): void {
  const left = [...found.keys()].filter((name) => !NOT_MOVED.includes(name) && !tables.some((table) => table.name === name));
  const missing = tables.filter(({ name }) => !found.has(name)).map(({ name }) => name);
  for (const { name, columns } of tables.filter((table) => found.has(table.name))) {
    const has = found.get(name) ?? [];
    left.push(...has.filter((column) => !columns.some((moved) => moved.name === column)).map((column) => `${name}.${column}`));
    missing.push(...columns.filter((moved) => !has.includes(moved.name)).map((moved) => `${name}.${moved.name}`));
  }
  if (left.length + missing.length > 0) {
    const words = [left.length > 0 ? `has ${left.join(', ')}, which would be left behind` : '', missing.length > 0 ? `lacks ${missing.join(', ')}` : ''];
    throw new MoveProblem(`${where} ${words.filter(Boolean).join(' and ')}. Nothing more was moved.`);
  }
}
