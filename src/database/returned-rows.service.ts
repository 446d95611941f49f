import type { EntityManager } from 'typeorm';

/** The rows that a statement with RETURNING answers. TypeORM gives them bare on SQLite, and beside their count on PostgreSQL. */
export async function returnedRows<Row>(manager: EntityManager, statement: string, parameters: unknown[]): Promise<Row[]> {
  const result = await manager.query<Row[] | [Row[], number]>(statement, parameters);
  return manager.connection.options.type === 'postgres' ? (result as [Row[], number])[0] : (result as Row[]);
}
