import type { EntityManager, FindOneOptions, ObjectLiteral } from 'typeorm';

/**
 * Find-options that keep a row ours until the transaction ends. PostgreSQL locks the row;
 * SQLite needs nothing, since its units of work run one at a time. With `skip_locked` rows that others have are left out.
 */
export function lockedForUpdate<Entity extends ObjectLiteral>(
  manager: EntityManager,
  onLocked?: 'skip_locked',
): Pick<FindOneOptions<Entity>, 'lock'> {
  return manager.connection.options.type === 'postgres' ? { lock: { mode: 'pessimistic_write', ...(onLocked === undefined ? {} : { onLocked }) } } : {};
}
