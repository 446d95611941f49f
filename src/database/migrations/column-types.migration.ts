import { Table, type TableColumnOptions, TableIndex, type QueryRunner } from 'typeorm';

/** The column types that `columns.decorator.ts` gives entities, for migrations. */
type Nullable = { nullable?: boolean };

export const id = (name = 'id'): TableColumnOptions => ({ name, type: 'varchar', isPrimary: true });
export const text = (name: string, options: Nullable = {}): TableColumnOptions => ({
  name,
  type: 'text',
  isNullable: options.nullable ?? false,
});
export const instant = (name: string, options: Nullable = {}): TableColumnOptions => ({
  name,
  type: 'bigint',
  isNullable: options.nullable ?? false,
});
export const count = (name: string): TableColumnOptions => ({ name, type: 'integer' });
export const flag = (name: string): TableColumnOptions => ({ name, type: 'boolean' });

export interface IndexOptions {
  name: string;
  columns: string[];
  isUnique?: boolean;
  /** Condition of a partial index, in SQL that both engines read. */
  where?: string;
}

export async function createTable(
  runner: QueryRunner,
  name: string,
  columns: TableColumnOptions[],
  indices: IndexOptions[] = [],
): Promise<void> {
  await runner.createTable(new Table({ name, columns }));
  for (const index of indices) {
    await runner.createIndex(
      name,
      new TableIndex({
        name: index.name,
        columnNames: index.columns,
        isUnique: index.isUnique ?? false,
        ...(index.where === undefined ? {} : { where: index.where }),
      }),
    );
  }
}
