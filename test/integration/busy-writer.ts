import type { Storage } from './storage.js';

/** SQLite's one writer, held on purpose, and the statements that went through it. */
export class BusyWriter {
  readonly statements: string[] = [];

  constructor(private readonly storage: Storage) {
    const runner = storage.writer.createQueryRunner();
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    runner.query = ((statement: string, ...rest: unknown[]) => {
      this.statements.push(statement);
      return query(statement, ...rest);
    }) as typeof runner.query;
  }

  /** Holds the writer, so that all that is asked for meanwhile waits. Gives what became of each. */
  async whileBusy(ask: () => Promise<unknown>[]): Promise<string[]> {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    this.statements.length = 0;
    const busy = this.storage.unitOfWork.run(() => released);
    const asked = ask();
    release();
    await busy;
    return (await Promise.allSettled(asked)).map(({ status }) => status);
  }
}
