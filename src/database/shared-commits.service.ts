import { AsyncResource } from 'node:async_hooks';
import type { DataSource, EntityManager } from 'typeorm';
import { executeLastWrites } from './sqlite-driver.service.js';

/** Most units of work that share one commit: each waits for those before it and for the commit. */
const MOST_AT_ONCE = 16;
/** Most of them beside urgent ones: so many go in any case, so that nobody waits for ever. */
const MOST_BESIDE_URGENT = 2;

type Work<T> = (manager: EntityManager) => Promise<T>;

/** How a unit of work takes part. */
export interface Share {
  /** Before those that are not, as far as they wait for each other. */
  isUrgent?: boolean;
  /** What it does outside the database can be done again after a rollback. */
  isRepeatable?: boolean;
}

interface Waiting extends Share {
  /** Runs in the asynchronous context of whoever asked for it. */
  work: Work<void>;
  done: () => void;
  failed: (error: unknown) => void;
}

/**
 * Units of work one after the other, first come first served, urgent ones before the others, where those that wait at the same time
 * share a commit: most of what a small one costs is its BEGIN and its COMMIT. One that fails leaves the others alone: each is a savepoint, or, where all of them can
 * be repeated, each of them is run by itself after a rollback. None is told that it is done before the commit that holds it; when
 * that fails, or SQLite ends the transaction by itself, all of them fail.
 */
export class SharedCommits {
  private readonly urgent: Waiting[] = [];
  private readonly waiting: Waiting[] = [];
  private isRunning = false;

  constructor(private readonly dataSource: DataSource) {}

  run<T>(work: Work<T>, share: Share): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      const kept = AsyncResource.bind(async (manager: EntityManager) => {
        result = await work(manager);
      });
      (share.isUrgent === true ? this.urgent : this.waiting).push({ ...share, work: kept, done: () => resolve(result), failed: reject });
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
      await this.commit(batch);
    }
    this.isRunning = false;
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    const failures = new Map<Waiting, unknown>();
    const areRepeatable = batch.every(({ isRepeatable }) => isRepeatable);
    let isAtWork = false;
    try {
      await this.dataSource.transaction(async (manager) => {
        isAtWork = true;
        await (batch.length === 1 || areRepeatable ? runAll(manager, batch) : runEach(manager, batch, failures));
        isAtWork = false;
      });
    } catch (error) {
      // Not when the commit failed: nobody knows what of it is on disk.
      if (isAtWork && areRepeatable && batch.length > 1) {
        for (const one of batch) {
          await this.commit([one]);
        }
        return;
      }
      batch.forEach((one) => failures.set(one, failures.get(one) ?? error));
    }
    for (const one of batch) {
      if (failures.has(one)) {
        one.failed(failures.get(one));
      } else {
        one.done();
      }
    }
  }
}

async function runAll(manager: EntityManager, batch: readonly Waiting[]): Promise<void> {
  for (const { work } of batch) {
    // What the one before it left for the commit is read by this one.
    await executeLastWrites(manager);
    await work(manager);
  }
}

/** Each as a savepoint. */
async function runEach(manager: EntityManager, batch: readonly Waiting[], failures: Map<Waiting, unknown>): Promise<void> {
  for (const one of batch) {
    await manager.transaction((inner) => one.work(inner)).catch((error: unknown) => failures.set(one, error));
    // On a full disk SQLite ends the whole transaction, and what came after would be one of its own.
    if (manager.queryRunner?.isTransactionActive !== true) {
      throw new Error('The database ended the transaction', { cause: failures.get(one) });
    }
  }
}
