import { LessThan } from 'typeorm';
import { deleteInBatches } from '../../src/database/batched-delete.service.js';
import type { UnitOfWork } from '../../src/database/unit-of-work.service.js';
import { JobRunEntity } from '../../src/operations/job-run.entity.js';
import { forEachEngine } from '../support/engines.js';
import { startStorage, type Storage } from './storage.js';

const OLD = 2_300;
const NEW = 150;

describe('Removing very many rows', () => {
  forEachEngine((engine) => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await startStorage(engine);
    });
    afterAll(() => storage.service.stop());

    it('is done in several short transactions, and takes no row that is to stay', async () => {
      const { unitOfWork, reader } = storage;
      const rows = Array.from({ length: OLD + NEW }, (_, n) => ({ job: 'batched', scheduledAt: n, startedAt: n < OLD ? 1 : 10, finishedAt: null, outcome: 'done' as const, detail: null }));
      await unitOfWork.run((manager) => manager.insert(JobRunEntity, rows.slice(0, 1_200)));
      await unitOfWork.run((manager) => manager.insert(JobRunEntity, rows.slice(1_200)));
      let transactions = 0;
      const counting = { run: (work: Parameters<UnitOfWork['run']>[0]) => ((transactions += 1), unitOfWork.run(work)) } as unknown as UnitOfWork;
      expect(await deleteInBatches(counting, JobRunEntity, { job: 'batched', startedAt: LessThan(10) })).toBe(OLD);
      expect(transactions).toBe(3);
      expect(await reader.repository(JobRunEntity).countBy({ job: 'batched' })).toBe(NEW);
    });
  });
});
