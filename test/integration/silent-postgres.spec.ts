import { JobRunEntity } from '../../src/operations/job-run.entity.js';
import { onEngine } from '../support/engines.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { startStorage, type Storage } from './storage.js';

const TIMEOUT_MS = 1_000;
/** What the driver leaves PostgreSQL beyond it, and this machine. */
const MARGIN_MS = 4_000;

/** Closed until somebody opens it. */
class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

describe('A PostgreSQL or a process that is silent', () => {
  onEngine('postgres', (engine) => {
    let storage: Storage;
    let proxy: TcpProxy;

    beforeAll(async () => {
      const through = await TcpProxy.before(await engine.createDatabaseUrl());
      proxy = through.proxy;
      const env = { TWITTER_CHANNEL__DATABASE__POSTGRES_TIMEOUT_MS: String(TIMEOUT_MS), TWITTER_CHANNEL__DATABASE__POSTGRES_POOL_SIZE: '3', TWITTER_CHANNEL__MESSAGING__POLL_MS: '60000', TWITTER_CHANNEL__CALLBACKS__POLL_MS: '60000' };
      storage = await startStorage(engine, { databaseUrl: through.url, env });
    });
    afterAll(async () => {
      await storage.service.stop();
      await proxy.close();
    });

    const took = async (work: Promise<unknown>): Promise<{ error: unknown; ms: number }> => {
      const startedAt = performance.now();
      const error: unknown = await work.then(() => null, (reason: unknown) => reason);
      return { error, ms: performance.now() - startedAt };
    };

    it('keeps its locks from nobody for long: what it held goes to who waits, and it commits nothing later', async () => {
      const { unitOfWork } = storage;
      const key = { job: 'frozen', scheduledAt: 1 };
      await unitOfWork.run((manager) => manager.insert(JobRunEntity, { ...key, startedAt: 0, finishedAt: null, outcome: 'running', detail: null }));
      const [held, frozen] = [new Gate(), new Gate()];
      const silent = unitOfWork.run(async (manager) => {
        await manager.update(JobRunEntity, key, { detail: 'of the frozen one' });
        held.open();
        await frozen.opened;
        await manager.update(JobRunEntity, key, { outcome: 'failed' });
      });
      await held.opened;
      const other = await took(unitOfWork.run((manager) => manager.update(JobRunEntity, key, { detail: 'of the other' })));
      expect(other.error).toBeNull();
      expect(other.ms).toBeLessThan(TIMEOUT_MS);
      frozen.open();
      expect((await took(silent)).error).not.toBeNull();
      expect(await storage.reader.repository(JobRunEntity).findOneBy(key)).toMatchObject({ detail: 'of the other', outcome: 'running' });
    });

    it('lets nobody wait for ever behind a statement that goes on', async () => {
      const slow = await took(storage.reader.manager.query('SELECT pg_sleep(30)'));
      expect(String(slow.error)).toContain('statement timeout');
      expect(slow.ms).toBeLessThan(TIMEOUT_MS + MARGIN_MS);
    });

    it('lets nobody wait for ever on a line that swallows what is said, and does not use that line again', async () => {
      const read = () => took(storage.reader.manager.query('SELECT 1'));
      proxy.swallow();
      const lost = await Promise.all([read(), read(), read(), read(), read()]);
      for (const { error, ms } of lost) {
        expect(error).not.toBeNull();
        expect(ms).toBeLessThan(2 * TIMEOUT_MS + MARGIN_MS);
      }
      proxy.heal();
      // Each line of the pool was tried and given up: none of these meets one that is dead.
      const again = await Promise.all([read(), read(), read()]);
      expect(again.map(({ error }) => error)).toEqual([null, null, null]);
    });
  });
});
