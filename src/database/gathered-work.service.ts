import { AsyncResource } from 'node:async_hooks';
import { isStorageFault } from './constraint-violation.service.js';
import { RowWrites } from './rows.service.js';
import type { UnitOfWork } from './unit-of-work.service.js';

/** What became of one item of a round. `alone`: it is to be done again in a round of its own. */
export type Outcome<Result> = { kind: 'done'; result: Result } | { kind: 'failed'; error: unknown } | { kind: 'alone' };

interface Waiting<Item, Result> {
  item: Item;
  done: (result: Result) => void;
  failed: (error: unknown) => void;
}

/**
 * Work of one kind that many ask for at once, done for several of them with the same few statements and one commit: what is asked for
 * while one round runs goes into the next one. Nobody is told of an end before the commit that holds it.
 *
 * `work` answers for each item, in their order; what it leaves in `writes` is carried out as the last of the unit of work. What it
 * does outside the database must bear being done again. When it throws, nothing of the round is left and each item is done by itself,
 * so that one that spoils a round harms no other; when the storage does not answer, all of them fail.
 */
export class GatheredWork<Item, Result> {
  private readonly waiting: Waiting<Item, Result>[] = [];
  /** A round is for many: what it does and logs belongs to none of those who asked. */
  private readonly context = new AsyncResource('GatheredWork');
  private isRunning = false;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly work: (writes: RowWrites, items: readonly Item[]) => Promise<Outcome<Result>[]>,
    /** `most` of one round: each waits for all of them. `isUrgent` as in `UnitOfWork.run`. */
    private readonly options: { most: number; isUrgent?: boolean },
  ) {}

  get isIdle(): boolean {
    return !this.isRunning;
  }

  /** Must not be called in a unit of work, which the round would wait for. */
  run(item: Item): Promise<Result> {
    return new Promise((done, failed) => {
      this.waiting.push({ item, done, failed });
      if (!this.isRunning) {
        this.isRunning = true;
        void this.context.runInAsyncScope(() => this.drain());
      }
    });
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      // Taken when the unit of work begins: those that come while it waits for others go along.
      await this.round(() => this.waiting.splice(0, this.options.most));
    }
    this.isRunning = false;
  }

  private async round(take: () => Waiting<Item, Result>[]): Promise<void> {
    let items: Waiting<Item, Result>[] = [];
    const again: Waiting<Item, Result>[] = [];
    try {
      const outcomes = await this.unitOfWork.run(async (manager) => {
        items = items.length === 0 ? take() : items;
        const writes = new RowWrites(manager);
        const results = await this.work(writes, items.map(({ item }) => item));
        await writes.flushWithCommit();
        return results;
      }, { isUrgent: this.options.isUrgent ?? false, isRepeatable: true });
      for (const [n, one] of items.entries()) {
        settle(one, outcomes[n], again);
      }
    } catch (error) {
      if (items.length < 2 || isStorageFault(error)) {
        // Where no transaction could be begun, nobody was taken.
        (items.length === 0 ? this.waiting.splice(0) : items).forEach(({ failed }) => failed(error));
        return;
      }
      again.push(...items);
    }
    for (const one of again) {
      await this.round(() => [one]);
    }
  }
}

function settle<Item, Result>(one: Waiting<Item, Result>, outcome: Outcome<Result> | undefined, again: Waiting<Item, Result>[]): void {
  switch (outcome?.kind) {
    case 'done':
      return one.done(outcome.result);
    case 'alone':
      again.push(one);
      return;
    case 'failed':
      return one.failed(outcome.error);
    case undefined:
      return one.failed(new Error('The round did not answer for an item'));
  }
}
