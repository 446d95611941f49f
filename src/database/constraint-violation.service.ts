import { QueryFailedError } from 'typeorm';
import { isDatabaseAway } from './database-away.service.js';

const POSTGRES_UNIQUE_VIOLATION = '23505';

/** PostgreSQL's classes: odd data, a constraint that does not hold, a value beyond what the engine takes. */
const POSTGRES_ROW_FAULT = /^(22|23|54)/;
const SQLITE_ROW_FAULT = /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)$/;

/** True when it is the row that the database does not take; false when it takes none: the disk is full, it does not answer. */
function isRowFault(error: unknown): boolean {
  const code = codeOf(error);
  return POSTGRES_ROW_FAULT.test(code) || SQLITE_ROW_FAULT.test(code);
}

/** Two transactions that waited for each other: PostgreSQL ended one of them, and it can be done again. */
const POSTGRES_ROLLED_BACK = /^40/;

/** True when the database takes nothing at the moment, so that trying the same piece by piece would only take longer. */
export function isStorageFault(error: unknown): boolean {
  return isDatabaseAway(error) || (error instanceof QueryFailedError && !isRowFault(error) && !isRolledBack(error));
}

/** True when PostgreSQL ended the transaction for another one's sake. */
export function isRolledBack(error: unknown): boolean {
  return POSTGRES_ROLLED_BACK.test(codeOf(error));
}

/** Empty for what is no error of the database, or has none. */
function codeOf(error: unknown): string {
  const code = error instanceof QueryFailedError ? (error.driverError as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}

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
