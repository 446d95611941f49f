import { Client, type ClientConfig } from 'pg';
import { SECOND_MS } from '../kernel/duration.js';

/** What `pg` says of a statement that PostgreSQL did not answer in time. */
export const UNANSWERED = 'Query read timeout';

/**
 * A connection that is given up with the first statement that nobody answers: a line whose other end is gone would take one
 * statement after the other, each to wait as long, and whoever gets it next from the pool as well.
 */
class BoundedClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    this.query = ((...args: unknown[]) => {
      const answer = query(...args);
      return answer instanceof Promise ? answer.catch((error: unknown) => this.giveUp(error)) : answer;
    }) as typeof this.query;
  }

  private async giveUp(error: unknown): Promise<never> {
    if (error instanceof Error && error.message === UNANSWERED) {
      // The pool forgets it before anybody hears of the failure and asks again.
      const gone = new Promise<void>((resolve) => void this.once('end', () => resolve()));
      this.connection.stream.destroy();
      await gone;
    }
    throw error;
  }
}

/**
 * What nobody waits for longer, here and at PostgreSQL, as the driver's options; 0: there is no limit.
 *
 * PostgreSQL ends a transaction whose process is silent (frozen, or its machine gone) in half of the time, so that those who wait
 * for its locks get them before they give up themselves. The driver leaves PostgreSQL a moment longer to say so by itself.
 */
export function connectionBounds(timeoutMs: number): Record<string, unknown> {
  const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: 10 * SECOND_MS };
  return timeoutMs === 0
    ? keepAlive
    : {
        ...keepAlive,
        Client: BoundedClient,
        connectionTimeoutMillis: timeoutMs,
        statement_timeout: timeoutMs,
        query_timeout: timeoutMs + SECOND_MS,
        idle_in_transaction_session_timeout: Math.ceil(timeoutMs / 2),
      };
}
