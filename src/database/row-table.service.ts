import type { EntityManager, EntityMetadata, ObjectLiteral, ValueTransformer } from 'typeorm';

/** What the statements of `rows.service.ts` are built of, read off an entity once. */
export interface Table {
  name: string;
  isPostgres: boolean;
  columns: readonly TableColumn[];
  statements: Map<string, string>;
}

export interface TableColumn {
  property: string;
  name: string;
  /** As PostgreSQL calls it. */
  type: string;
  toStored: (value: unknown) => unknown;
  toProperty: (value: unknown) => unknown;
}

const tables = new WeakMap<EntityMetadata, Table>();

export function tableOf<Entity extends ObjectLiteral>(manager: EntityManager, entity: new () => Entity): Table {
  const metadata = manager.connection.getMetadata(entity);
  const known = tables.get(metadata);
  if (known !== undefined) {
    return known;
  }
  const isPostgres = manager.connection.options.type === 'postgres';
  const table: Table = { name: metadata.tableName, isPostgres, columns: metadata.columns.map(toTableColumn), statements: new Map() };
  tables.set(metadata, table);
  return table;
}

function toTableColumn({ propertyName, databaseName, type, transformer }: EntityMetadata['columns'][number]): TableColumn {
  const transform = transformer as ValueTransformer | undefined;
  const isFlag = type === 'boolean';
  return {
    property: propertyName,
    name: databaseName,
    type: type === 'varchar' ? 'text' : String(type),
    toStored: (value) => toWellFormed(transform === undefined ? value : (transform.to(value) as unknown)),
    // SQLite has no flags, only 0 and 1.
    toProperty: transform !== undefined ? (value) => transform.from(value) as unknown : isFlag ? (value) => (value === null ? null : value === true || value === 1) : (value) => value,
  };
}

/** Half of a surrogate pair is no text: PostgreSQL refuses it, and the drivers would write the sign that stands for what cannot be read. */
function toWellFormed(value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : (value ?? null);
}

/** The columns of these properties, in the order of the table. */
export function columnsOf(table: Table, properties: readonly string[]): readonly TableColumn[] {
  return table.columns.filter(({ property }) => properties.includes(property));
}

export const namesOf = (columns: readonly TableColumn[]): string[] => columns.map(({ name }) => name);

export const toList = (columns: readonly TableColumn[], rows: readonly ObjectLiteral[]): unknown[][] =>
  rows.map((row) => columns.map(({ property, toStored }) => toStored(row[property])));

/** The rows of a parameter as a table with the columns `c0`, `c1` and so on. Both engines take a value out of JSON with the same operator; PostgreSQL wants its type named. */
export function listOf({ isPostgres }: Table, columns: readonly TableColumn[], parameter: string): string {
  const value = ({ type }: TableColumn, n: number): string => (isPostgres ? `(value ->> ${n})::${type}` : `value ->> ${n}`);
  const from = isPostgres ? `json_array_elements(${parameter}::json) AS given(value)` : `json_each(${parameter})`;
  return `(SELECT ${columns.map((column, n) => `${value(column, n)} AS c${n}`).join(', ')} FROM ${from})`;
}

/** Adds the rows of `$1`, which have these columns. */
export function insertStatement(table: Table, columns: readonly TableColumn[]): string {
  const names = namesOf(columns).join(', ');
  return remembered(table, `insert ${names}`, () => `INSERT INTO ${table.name} (${names}) SELECT ${columns.map((_, n) => `c${n}`).join(', ')} FROM ${listOf(table, columns, '$1')} AS list`);
}

export function remembered({ statements }: Table, key: string, build: () => string): string {
  const statement = statements.get(key) ?? build();
  statements.set(key, statement);
  return statement;
}

export function toEntity<Entity extends ObjectLiteral>({ columns }: Table, row: readonly unknown[], entity: Entity): Entity {
  columns.forEach(({ property, toProperty }, n) => {
    (entity as Record<string, unknown>)[property] = toProperty(row[n]);
  });
  return entity;
}
