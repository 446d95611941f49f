import type { FindOptionsWhere, ObjectLiteral } from 'typeorm';
import type { UnitOfWork } from './unit-of-work.service.js';

/** Rows that are removed with one statement: it holds their locks, and on SQLite the one writer, for as long as it takes. */
const BATCH = 1_000;

/** Removes all rows that `where` names, however many, each batch in a transaction of its own. Returns how many. */
export async function deleteInBatches<Entity extends ObjectLiteral>(unitOfWork: UnitOfWork, entity: new () => Entity, where: FindOptionsWhere<Entity>): Promise<number> {
  let removed = 0;
  for (let batch = BATCH; batch === BATCH; removed += batch) {
    batch = await unitOfWork.run(async (manager) => {
      // The engine's own name of a row: keys of ours have one column or two. A row that was changed meanwhile has another one, and stays.
      const row = manager.connection.options.type === 'postgres' ? 'ctid' : 'rowid';
      const some = manager.createQueryBuilder(entity, 'old').select(`old.${row}`, 'place').where(where).limit(BATCH);
      const result = await manager.createQueryBuilder().delete().from(entity).where(`${row} IN (${some.getQuery()})`).setParameters(some.getParameters()).execute();
      return result.affected ?? 0;
    });
  }
  return removed;
}
