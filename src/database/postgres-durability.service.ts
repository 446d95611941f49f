import type { EntityManager } from 'typeorm';

/** With one of these off, what PostgreSQL has committed may be gone after its machine's crash (`synchronous_commit`, `fsync`), or be torn (`full_page_writes`). */
const NEEDED = ['fsync', 'full_page_writes', 'synchronous_commit'];

const OFF = `SELECT name FROM (VALUES ${NEEDED.map((name) => `('${name}', current_setting('${name}'))`).join(', ')}) AS given (name, value) WHERE value = 'off'`;

/** The settings of this PostgreSQL under which it may lose what it has acknowledged. */
export async function listLossySettings(manager: EntityManager): Promise<string[]> {
  const rows = await manager.query<{ name: string }[]>(OFF);
  return rows.map(({ name }) => name);
}
