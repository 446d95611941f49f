import { QueryFailedError, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { UNANSWERED } from './postgres-connection.service.js';

/**
 * PostgreSQL: no connection (08), out of room, memory or connections (53), stopping or starting (57P), a statement that took too long
 * (57014), a transaction that was silent (25P03), one that takes no writes, as after a fail-over (25006), a lock in the way (55P03).
 */
const AWAY_CODE = /^(08|53|57P|57014|25P03|25006|55P03)/;
/** SQLite: another process keeps the file, the disk is full or fails. */
const SQLITE_AWAY_CODE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN)/;
/** The system's word for why there is no line. */
const NO_LINE_CODE = /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** What `pg`, its pool and TypeORM say without a code. */
const AWAY_MESSAGE = new RegExp(
  `^(Connection terminated|${UNANSWERED}|timeout exceeded when trying to connect|timeout expired|Client .* is not queryable|Cannot use a pool after|Driver not Connected)`,
);

/** True when the database cannot do its work at the moment, whatever it is asked: the same may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof QueryRunnerAlreadyReleasedError || error instanceof QueryRunnerProviderAlreadyReleasedError) {
    // The line broke in the middle of a transaction, between two statements.
    return true;
  }
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof cause !== 'object' || cause === null) {
    return false;
  }
  const { code, message, cause: deeper } = cause as { code?: unknown; message?: unknown; cause?: unknown };
  const isCode = typeof code === 'string' && (AWAY_CODE.test(code) || SQLITE_AWAY_CODE.test(code) || NO_LINE_CODE.test(code));
  return isCode || (typeof message === 'string' && AWAY_MESSAGE.test(message)) || isDatabaseAway(deeper);
}
