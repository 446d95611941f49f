import sqlite3 from 'sqlite3';

/** As many texts as the service has, and some that come once. */
const MOST_KEPT = 300;

type Handler = (this: sqlite3.RunResult, error: Error | null, rows?: unknown[]) => void;

/**
 * A connection that keeps its statements prepared: most are asked for again and again with other values, and preparing one anew costs
 * a second way to SQLite's thread and back. Those that are used least lately are let go.
 */
export class PreparingDatabase extends sqlite3.Database {
  private readonly kept = new Map<string, sqlite3.Statement>();

  override run(sql: string, ...rest: unknown[]): this {
    // Whatever answers rows would stay open after the first of them, and with it the transaction.
    return /\bRETURNING\b|^\s*PRAGMA\b/i.test(sql) ? super.run(sql, ...(rest as [])) : this.execute('run', sql, rest);
  }

  override all(sql: string, ...rest: unknown[]): this {
    // The plan of a statement that writes counts as a write under way until it is let go of.
    return /^\s*EXPLAIN\b/i.test(sql) ? super.all(sql, ...(rest as [])) : this.execute('all', sql, rest);
  }

  override close(callback?: (error: Error | null) => void): void {
    this.kept.forEach((statement) => statement.finalize());
    this.kept.clear();
    super.close(callback);
  }

  private execute(kind: 'run' | 'all', sql: string, rest: unknown[]): this {
    const handler = rest.pop() as Handler | undefined;
    const known = this.kept.get(sql);
    if (known !== undefined) {
      // The last in the map is the one that was used last.
      this.kept.delete(sql);
      this.kept.set(sql, known);
      known[kind](...rest, handler);
      return this;
    }
    const statement = this.prepare(sql, (error: Error | null) => {
      if (error === null) {
        this.keep(sql, statement);
      } else {
        // Nothing of a text that SQLite does not understand is carried out, and what waited for it is not told.
        handler?.call(statement as unknown as sqlite3.RunResult, error);
      }
    });
    statement[kind](...rest, handler);
    return this;
  }

  private keep(sql: string, statement: sqlite3.Statement): void {
    // Two that came before either was ready: each has run, one is kept.
    this.kept.get(sql)?.finalize();
    this.kept.set(sql, statement);
    for (const [oldest, unused] of this.kept) {
      if (this.kept.size <= MOST_KEPT) {
        return;
      }
      this.kept.delete(oldest);
      unused.finalize();
    }
  }
}
