import type { DataSource, Logger, QueryRunner } from 'typeorm';
import type { Engine } from '../support/engines.js';
import type { Storage } from './storage.js';

/** Keeps the statements that run while it listens. */
export class Listener implements Logger {
  readonly heard = new Map<string, unknown[]>();
  isListening = false;
  logQuery(query: string, parameters: unknown[] = []): void {
    if (this.isListening && /^(SELECT|UPDATE|DELETE)/.test(query)) {
      this.heard.set(query, parameters);
    }
  }

  listenTo({ writer, reader }: Storage): void {
    for (const source of [writer, reader.manager.connection]) {
      source.setOptions({ logging: true });
      source.logger = this;
    }
  }

  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

/** How the statements find their rows. PostgreSQL is not to read whole tables because they are small. */
export async function explain(writer: DataSource, engine: Engine, statements: ReadonlyMap<string, unknown[]>, own?: QueryRunner): Promise<string[]> {
  const runner = own ?? writer.createQueryRunner();
  const lines: string[] = [];
  try {
    if (engine.name === 'postgres') {
      await runner.query('SET enable_seqscan = off');
    }
    for (const [query, parameters] of statements) {
      const plan = (await runner.query(`${engine.name === 'postgres' ? 'EXPLAIN' : 'EXPLAIN QUERY PLAN'} ${query}`, parameters)) as Record<string, string>[];
      lines.push(...plan.map((row) => row['detail'] ?? row['QUERY PLAN'] ?? ''));
    }
  } finally {
    if (engine.name === 'postgres') {
      await runner.query('RESET enable_seqscan');
    }
    if (own === undefined) {
      await runner.release();
    }
  }
  return lines;
}

/** What `look` finds while there is no such index; it is there again afterwards. */
export async function withoutIndex(writer: DataSource, index: string, look: (runner: QueryRunner) => Promise<string[]>): Promise<string[]> {
  const runner = writer.createQueryRunner();
  await runner.startTransaction();
  try {
    await runner.query(`DROP INDEX ${index}`);
    return await look(runner);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}
