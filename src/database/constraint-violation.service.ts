import { QueryFailedError } from 'typeorm';

const POSTGRES_UNIQUE_VIOLATION = '23505';

/** True when the database refused a row because a unique index already has it. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) {
    return false;
  }
  const cause = error.driverError as { code?: string; message?: string };
  return (
    cause.code === POSTGRES_UNIQUE_VIOLATION ||
    (cause.code === 'SQLITE_CONSTRAINT' && cause.message?.includes('UNIQUE constraint failed') === true)
  );
}
