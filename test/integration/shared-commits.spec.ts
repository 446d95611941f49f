import { AsyncLocalStorage } from 'node:async_hooks';
import { JobRunEntity } from '../../src/operations/job-run.entity.js';
import { onEngine } from '../support/engines.js';
import { BusyWriter } from './busy-writer.js';
import { startStorage, type Storage } from './storage.js';

/** A row like any other. */
const row = (job: string, detail = ''): Partial<JobRunEntity> => ({ job, scheduledAt: 0, startedAt: 0, finishedAt: null, outcome: 'running', detail });

onEngine('sqlite', (engine) => {
  describe('Units of work that wait at the same time', () => {
    let storage: Storage;
    let writer: BusyWriter;
    const write = (job: string, detail?: string): Promise<void> => storage.unitOfWork.run(async (manager) => void (await manager.insert(JobRunEntity, row(job, detail))));
    const exists = (job: string): Promise<boolean> => storage.reader.repository(JobRunEntity).existsBy({ job });
    const whileBusy = (ask: () => Promise<unknown>[]): Promise<string[]> => writer.whileBusy(ask);

    beforeAll(async () => {
      storage = await startStorage(engine);
      writer = new BusyWriter(storage);
    });
    afterAll(() => storage.service.stop());

    it('share one commit', async () => {
      expect(await whileBusy(() => ['a', 'b', 'c', 'd'].map((job) => write(job)))).toEqual(Array(4).fill('fulfilled'));
      // One of the one that was held, one of the four.
      expect(writer.statements.filter((statement) => statement === 'COMMIT')).toHaveLength(2);
      expect(await Promise.all(['a', 'b', 'c', 'd'].map(exists))).toEqual(Array(4).fill(true));
    });

    it('do not fail with one of them, which leaves nothing behind and is told its own error', async () => {
      const failing = (): Promise<void> =>
        storage.unitOfWork.run(async (manager) => {
          await manager.insert(JobRunEntity, row('half'));
          throw new Error('its own');
        });
      let told: unknown;
      expect(await whileBusy(() => [write('before'), failing().catch((error: unknown) => Promise.reject((told = error) as Error)), write('after'), write('before')])).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
      expect(told).toEqual(new Error('its own'));
      expect(await Promise.all(['before', 'half', 'after'].map(exists))).toEqual([true, false, true]);
    });

    it('are none of them done before the commit that holds them', async () => {
      const seen: boolean[] = [];
      await whileBusy(() => [write('first').then(async () => seen.push(await exists('last'))), write('last')]);
      expect(seen).toEqual([true]);
    });

    it('all fail, and leave nothing, when the disk is full for one of them: SQLite ends the transaction of all', async () => {
      const [{ page_count: pages }] = await storage.writer.query<[{ page_count: number }]>('PRAGMA page_count');
      await storage.writer.query(`PRAGMA max_page_count = ${pages}`);
      const told = await whileBusy(() => [write('small one'), write('too much', 'x'.repeat(1_000_000)), write('small two'), write('small three')]);
      await storage.writer.query('PRAGMA max_page_count = 1000000');
      const jobs = ['small one', 'too much', 'small two', 'small three'];
      // Whoever was told that it is done is there, and nobody else: what a failed one leaves would be done twice when it is tried again.
      expect(await Promise.all(jobs.map(exists))).toEqual(told.map((status) => status === 'fulfilled'));
      expect(told[1]).toBe('rejected');
      await write('with room again');
      expect(await exists('with room again')).toBe(true);
    });

    it('run each in the context of whoever asked for it', async () => {
      const context = new AsyncLocalStorage<string>();
      const seen: (string | undefined)[] = [];
      const note = (name: string): Promise<void> => context.run(name, () => storage.unitOfWork.run(async () => void seen.push(context.getStore())));
      await whileBusy(() => [note('one'), note('two'), note('three')]);
      expect(seen).toEqual(['one', 'two', 'three']);
    });
  });
});
