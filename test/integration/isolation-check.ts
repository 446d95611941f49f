import type { EntityManager } from 'typeorm';
import { JobRunEntity } from '../../src/operations/job-run.entity.js';

/** A way to store: what is checked, and what the control puts in its place. */
export interface Store {
  transaction(work: (manager: EntityManager) => Promise<void>): Promise<void>;
  write(row: Partial<JobRunEntity>): Promise<void>;
  readAll(): Promise<JobRunEntity[]>;
}

export interface IsolationReport {
  /** Of 40 transactions that should commit and 50 plain writes. */
  acknowledged: number;
  /** Acknowledged, and not there in the end. */
  acknowledgedRowsLost: number;
  /** Rolled back, and there in the end. */
  rolledBackRowsPresent: number;
  /** Reads that saw a row which was rolled back, or half of a transaction. */
  dirtyReads: number;
}

const TRANSACTIONS = 50;
const ROLLED_BACK = 10;
const PLAIN_WRITES = 50;
export const CLEAN: IsolationReport = {
  acknowledged: TRANSACTIONS - ROLLED_BACK + PLAIN_WRITES,
  acknowledgedRowsLost: 0,
  rolledBackRowsPresent: 0,
  dirtyReads: 0,
};

/** Any table does; this one has two columns as its key, and a free text. */
function row(job: string, half: number, detail: string): Partial<JobRunEntity> {
  return { job, scheduledAt: half, startedAt: 0, finishedAt: null, outcome: 'running', detail };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * 50 transactions of two rows, started at once (10 of them roll back), among plain writes, with somebody reading all the while.
 * What was acknowledged must be there, what was rolled back must not, and nobody may ever have seen the latter.
 */
export async function checkIsolation(store: Store): Promise<IsolationReport> {
  const acknowledged: { job: string; rows: number }[] = [];
  let isDone = false;
  let dirtyReads = 0;
  const reading = (async () => {
    while (!isDone) {
      if (isDirty(await store.readAll())) {
        dirtyReads += 1;
      }
      await turn();
    }
  })();

  const transactions = Array.from({ length: TRANSACTIONS }, async (_, n) => {
    const isToRollBack = n % (TRANSACTIONS / ROLLED_BACK) === 0;
    const job = `transaction-${n}`;
    const committed = store.transaction(async (manager) => {
      await manager.insert(JobRunEntity, row(job, 0, isToRollBack ? 'rolled back' : 'kept'));
      await turn();
      await manager.insert(JobRunEntity, row(job, 1, isToRollBack ? 'rolled back' : 'kept'));
      await turn();
      if (isToRollBack) {
        throw new Error('wanted');
      }
    });
    await committed.then(() => acknowledged.push({ job, rows: 2 }), () => undefined);
  });
  const plain = Array.from({ length: PLAIN_WRITES }, async (_, n) => {
    for (let turns = 0; turns < n; turns += 1) {
      await turn();
    }
    const job = `plain-${n}`;
    await store.write(row(job, 0, 'kept')).then(() => acknowledged.push({ job, rows: 1 }), () => undefined);
  });
  await Promise.all([...transactions, ...plain]);
  isDone = true;
  await reading;

  const present = await store.readAll();
  return {
    acknowledged: acknowledged.length,
    acknowledgedRowsLost: acknowledged.reduce((lost, { job, rows }) => lost + rows - present.filter((one) => one.job === job).length, 0),
    rolledBackRowsPresent: present.filter(({ detail }) => detail === 'rolled back').length,
    dirtyReads,
  };
}

function isDirty(rows: readonly JobRunEntity[]): boolean {
  const halves = new Map<string, number>();
  for (const { job } of rows.filter((one) => one.job.startsWith('transaction-'))) {
    halves.set(job, (halves.get(job) ?? 0) + 1);
  }
  return rows.some(({ detail }) => detail === 'rolled back') || [...halves.values()].includes(1);
}
