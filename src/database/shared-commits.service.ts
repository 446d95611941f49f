import { AsyncResource } from 'node:async_hooks';
import type { DataSource, EntityManager } from 'typeorm';

/** Most units of work that share one commit: each waits for those before it and for the commit. */
const MOST_AT_ONCE = 16;
/** Most of them beside urgent ones: so many go in any case, so that nobody waits for ever. */
const MOST_BESIDE_URGENT = 2;

type Work<T> = (manager: EntityManager) => Promise<T>;

interface Waiting {
  /** Runs in the asynchronous context of whoever asked for it. */
  work: Work<void>;
  done: () => void;
  failed: (error: unknown) => void;
}

/**
 * Units of work one after the other, first come first served, urgent ones before the others, where those that wait at the same time share a commit: most of what a
 * small one costs is its BEGIN and its COMMIT. Each is a savepoint, so that one that fails leaves the others alone. None is told
 * that it is done before the commit that holds it; when that fails, or SQLite ends the transaction by itself, all of them fail.
 */
export class SharedCommits {
  private readonly urgent: Waiting[] = [];
  private readonly waiting: Waiting[] = [];
  private isRunning = false;

  constructor(private readonly dataSource: DataSource) {}

  run<T>(work: Work<T>, isUrgent: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      const kept = AsyncResource.bind(async (manager: EntityManager) => {
        result = await work(manager);
      });
      (isUrgent ? this.urgent : this.waiting).push({ work: kept, done: () => resolve(result), failed: reject });
      if (!this.isRunning) {
        this.isRunning = true;
        void this.drain();
      }
    });
  }

  private async drain(): Promise<void> {
    while (this.urgent.length + this.waiting.length > 0) {
      const batch = this.urgent.splice(0, MOST_AT_ONCE - MOST_BESIDE_URGENT);
      batch.push(...this.waiting.splice(0, batch.length === 0 ? MOST_AT_ONCE : MOST_BESIDE_URGENT));
      const failures = new Map<Waiting, unknown>();
      await this.dataSource
        .transaction((manager) => (batch.length === 1 ? (batch[0] as Waiting).work(manager) : this.runEach(manager, batch, failures)))
        .catch((error: unknown) => batch.forEach((one) => failures.set(one, failures.get(one) ?? error)));
      for (const one of batch) {
        if (failures.has(one)) {
          one.failed(failures.get(one));
        } else {
          one.done();
        }
      }
    }
    this.isRunning = false;
  }

  private async runEach(manager: EntityManager, batch: readonly Waiting[], failures: Map<Waiting, unknown>): Promise<void> {
    for (const one of batch) {
      await manager.transaction((inner) => one.work(inner)).catch((error: unknown) => failures.set(one, error));
      // On a full disk SQLite ends the whole transaction, and what came after would be one of its own.
      if (manager.queryRunner?.isTransactionActive !== true) {
        throw new Error('The database ended the transaction', { cause: failures.get(one) });
      }
    }
  }
}
