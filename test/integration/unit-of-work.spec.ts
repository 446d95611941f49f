import { Mutex } from 'async-mutex';
import { DataSource } from 'typeorm';
import { writerOptions } from '../../src/database/data-source.service.js';
import { JobRunEntity } from '../../src/operations/job-run.entity.js';
import { forEachEngine, onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ensureBuild, startNode } from '../support/processes.js';
import { queryDatabase } from '../e2e/database.js';
import { checkIsolation, CLEAN } from './isolation-check.js';
import { startStorage, type Storage } from './storage.js';

/** A row like any other. */
function row(job: string, scheduledAt = 0): Partial<JobRunEntity> {
  return { job, scheduledAt, startedAt: 0, finishedAt: null, outcome: 'running', detail: null };
}

describe('The unit of work', () => {
  forEachEngine((engine) => {
    let storage: Storage;
    const exists = (job: string) => storage.reader.repository(JobRunEntity).existsBy({ job });

    beforeAll(async () => {
      storage = await startStorage(engine);
    });
    afterAll(() => storage.service.stop());

    it('loses no acknowledged row, keeps no rolled-back one, and shows neither halves nor what may still go', async () => {
      const { unitOfWork, reader } = storage;
      const report = await checkIsolation({
        transaction: (work) => unitOfWork.run(work),
        write: (one) => unitOfWork.run(async (manager) => void (await manager.insert(JobRunEntity, one))),
        readAll: () => reader.repository(JobRunEntity).find(),
      });
      expect(report).toEqual(CLEAN);
    });

    it('joins a run inside a run to the outer one', async () => {
      const { unitOfWork } = storage;
      const failed = unitOfWork.run(async (outer) => {
        await unitOfWork.run(async (inner) => {
          expect(inner).toBe(outer);
          await inner.insert(JobRunEntity, row('inner'));
        });
        throw new Error('the outer one fails later');
      });
      await expect(failed).rejects.toThrow('the outer one fails later');
      expect(await exists('inner')).toBe(false);
    });

    it('calls what was to happen after the commit once the rows are there for everybody', async () => {
      const { unitOfWork } = storage;
      const seen: Promise<boolean>[] = [];
      await unitOfWork.run(async (manager) => {
        unitOfWork.afterCommit(() => seen.push(exists('after-commit')));
        await manager.insert(JobRunEntity, row('after-commit'));
        expect(seen).toEqual([]);
      });
      expect(await Promise.all(seen)).toEqual([true]);
    });

    it('never calls it after a rollback', async () => {
      const { unitOfWork } = storage;
      const called: string[] = [];
      const failed = unitOfWork.run(async () => {
        unitOfWork.afterCommit(() => called.push('outer'));
        await unitOfWork.run(async () => unitOfWork.afterCommit(() => called.push('inner')));
        throw new Error('wanted');
      });
      await expect(failed).rejects.toThrow('wanted');
      await unitOfWork.run(async (manager) => void (await manager.insert(JobRunEntity, row('another'))));
      expect(called).toEqual([]);
    });

    it('gives a task that an ended run left behind a transaction of its own', async () => {
      const { unitOfWork } = storage;
      let release: () => void = () => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      const left: Promise<void>[] = [];
      const failed = unitOfWork.run(async (manager) => {
        await manager.insert(JobRunEntity, row('rolled-back'));
        left.push(released.then(() => unitOfWork.run(async (own) => void (await own.insert(JobRunEntity, row('left-behind'))))));
        throw new Error('wanted');
      });
      await expect(failed).rejects.toThrow('wanted');
      release();
      await Promise.all(left);
      expect([await exists('rolled-back'), await exists('left-behind')]).toEqual([false, true]);
    });
  });

  onEngine('sqlite', (engine) => {
    it('goes on as before once a full disk has room again', async () => {
      const { service, unitOfWork, writer, reader } = await startStorage(engine);
      const write = (job: string, detail = '') => unitOfWork.run(async (manager) => void (await manager.insert(JobRunEntity, { ...row(job), detail })));
      try {
        const [{ page_count: pages }] = await writer.query<[{ page_count: number }]>('PRAGMA page_count');
        await writer.query(`PRAGMA max_page_count = ${pages}`);
        await expect(write('too-much', 'x'.repeat(1_000_000))).rejects.toThrow('SQLITE_FULL');
        await writer.query('PRAGMA max_page_count = 1000000');

        await expect(unitOfWork.run(() => Promise.reject(new Error('wanted')))).rejects.toThrow('wanted');
        await write('after-it');
        expect(await reader.repository(JobRunEntity).existsBy({ job: 'after-it' })).toBe(true);
      } finally {
        await service.stop();
      }
    });

    describe('in two processes on one file', () => {
      const EACH = 300;

      /** Both read a counter and write it back, one higher, with a row for each time that this was acknowledged. */
      async function countInTwoProcesses(env: Record<string, string>): Promise<{ counter: number; rows: number }> {
        const file = (await engine.createDatabaseUrl()).slice('sqlite:'.length);
        const start = () => startNode(['test/integration/two-writers.cjs', file, String(EACH)], { env });
        const both = [start(), start()];
        await Promise.all(both.map((one) => one.waitForOutput(/ready/)));
        await eventually(() => both.every((one) => one.hasEnded), 'both writers end', { withinMs: 60_000 });
        const [counted] = await queryDatabase<{ value: number; n: number }>(`sqlite:${file}`, 'SELECT value, (SELECT count(*) FROM acknowledged) AS n FROM counter');
        return { counter: counted?.value ?? -1, rows: counted?.n ?? -1 };
      }

      beforeAll(() => ensureBuild(), 200_000);

      it('loses nothing when both read and then write', async () => {
        expect(await countInTwoProcesses({})).toEqual({ counter: 2 * EACH, rows: 2 * EACH });
      }, 90_000);

      it('control: with SQLite’s own BEGIN, reading first and writing later fails, and the same check sees it', async () => {
        const { counter } = await countInTwoProcesses({ DEFERRED: '1' });
        expect(counter).toBeLessThan(2 * EACH);
      }, 90_000);
    });

    describe('without it', () => {
      let naive: DataSource;
      const write = async (one: Partial<JobRunEntity>) => void (await naive.manager.insert(JobRunEntity, one));
      const readAll = () => naive.manager.find(JobRunEntity);

      beforeEach(async () => {
        const file = (await engine.createDatabaseUrl()).slice('sqlite:'.length);
        const options = writerOptions({ engine: 'sqlite', file, sqliteBusyTimeoutMs: 5_000 }, `sqlite:${file}`);
        naive = await new DataSource({ ...options, entities: [JobRunEntity] }).initialize();
        await naive.runMigrations();
      });
      afterEach(() => naive.destroy());

      it('control: TypeORM’s own transactions, writes and reads on its one connection fail the same check', async () => {
        const report = await checkIsolation({ transaction: (work) => naive.transaction(work), write, readAll });
        expect(report).not.toEqual(CLEAN);
        expect(report.acknowledged).toBeLessThan(CLEAN.acknowledged);
      });

      it('control: one transaction at a time is not enough, plain writes are lost with its rollback and reads see it', async () => {
        const gate = new Mutex();
        const report = await checkIsolation({ transaction: (work) => gate.runExclusive(() => naive.transaction(work)), write, readAll });
        expect(report.acknowledgedRowsLost).toBeGreaterThan(0);
        expect(report.dirtyReads).toBeGreaterThan(0);
      });
    });
  });
});
