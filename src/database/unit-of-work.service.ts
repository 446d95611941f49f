import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type Share, SharedCommits } from './shared-commits.service.js';

interface OpenTransaction {
  manager: EntityManager;
  isOpen: boolean;
  afterCommit: (() => void)[];
}

/**
 * The only way to write. Everything that one cause changes goes into one `run`, and is there together or not at all.
 *
 * On SQLite the runs happen one after the other, first come first served (`SharedCommits`): TypeORM's driver has one connection for
 * the whole data source, so a statement beside an open transaction would become part of it and die with its rollback.
 * On PostgreSQL each run is an ordinary transaction of its own.
 * A `run` inside a `run` joins the outer one. Keep waiting for the network out of it: on SQLite everybody else waits too.
 */
@Injectable()
export class UnitOfWork {
  /** SQLite's; null where the engine keeps transactions apart. */
  private readonly shared: SharedCommits | null;
  private readonly current = new AsyncLocalStorage<OpenTransaction>();

  constructor(private readonly dataSource: DataSource) {
    this.shared = dataSource.options.type === 'sqlite' ? new SharedCommits(dataSource) : null;
  }

  /** `share` counts as far as runs wait for each other at all; urgent is what keeps X or a person waiting. */
  run<T>(work: (manager: EntityManager) => Promise<T>, share: Share = {}): Promise<T> {
    const outer = this.current.getStore();
    // A task left behind by an ended run still carries its storage; it gets a transaction of its own.
    if (outer?.isOpen) {
      return work(outer.manager);
    }
    return this.transaction(work, share);
  }

  /** Calls `action` once the running transaction is on disk, never when it rolls back; at once when none is open. */
  afterCommit(action: () => void): void {
    const outer = this.current.getStore();
    if (outer?.isOpen) {
      outer.afterCommit.push(action);
    } else {
      action();
    }
  }

  private async transaction<T>(work: (manager: EntityManager) => Promise<T>, share: Share): Promise<T> {
    let afterCommit: (() => void)[] = [];
    const inTransaction = async (manager: EntityManager): Promise<T> => {
      // What was asked for in a try that was rolled back is not.
      afterCommit = [];
      const transaction: OpenTransaction = { manager, isOpen: true, afterCommit };
      try {
        return await this.current.run(transaction, () => work(manager));
      } finally {
        transaction.isOpen = false;
      }
    };
    const result = await (this.shared === null ? this.dataSource.transaction(inTransaction) : this.shared.run(inTransaction, share));
    afterCommit.forEach((action) => action());
    return result;
  }
}
