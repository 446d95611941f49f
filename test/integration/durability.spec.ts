import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { connectChannel, type ProcessAnswer, postEvent, startServiceProcess } from '../chaos/service-process.js';
import { queryDatabase } from '../e2e/database.js';
import { onEngine } from '../support/engines.js';
import { ensureBuild, freePort, type RunningProcess } from '../support/processes.js';
import { SyncOrderWatch } from './sync-order.js';

const EVENTS = 200;
const CLIENTS = 8;

/** What a power cut may take: nothing that was acknowledged. SQLite; PostgreSQL syncs by itself, in its own process. */
describe('Durability', () => {
  onEngine('sqlite', (engine) => {
    let sandbox: Sandbox;
    let watch: SyncOrderWatch;
    let running: RunningProcess | undefined;

    beforeAll(() => ensureBuild(), 200_000);
    beforeEach(async () => {
      sandbox = await startSandbox();
      watch = new SyncOrderWatch();
    });
    afterEach(async () => {
      await running?.end('SIGKILL');
      await sandbox.close();
      watch.remove();
    });

    /** The service under watch. `post` sends one event whose number is in its text and in the answer's X-Request-Id. */
    async function start(options: { preload?: string; env?: Record<string, string> } = {}) {
      const databaseUrl = await engine.createDatabaseUrl();
      const { process, url } = startServiceProcess({ databaseUrl, port: await freePort(), sandbox, ...options, env: { ...watch.env, ...options.env } });
      running = process;
      await process.waitUntilReady(url);
      const path = await connectChannel(url);
      const post = (n: number): Promise<ProcessAnswer | null> => {
        const marker = markerOf(n);
        const event = { id: `20896233306${n}`, from: '84391207', text: marker, createdAt: Date.now() };
        return postEvent(`${url}${path}`, event, { 'x-request-id': marker });
      };
      return { post, databaseUrl };
    }

    async function postAll(post: (n: number) => Promise<ProcessAnswer | null>): Promise<number[]> {
      const statuses: number[] = [];
      let next = 100_000;
      const client = async (): Promise<void> => {
        while (next < 100_000 + EVENTS) {
          statuses.push((await post((next += 1)))?.status ?? 0);
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      return statuses;
    }

    it('puts no 200 on the socket before the WAL that holds the event is synced', async () => {
      const { post } = await start();
      const statuses = await postAll(post);
      const order = watch.read();
      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(new Set(order.answered).size).toBe(statuses.length);
      expect(order.tooEarly).toEqual([]);
    }, 60_000);

    it('control: with synchronous=NORMAL the same check sees every 200 leave too early', async () => {
      const { post } = await start({ preload: 'test/integration/synchronous-normal.cjs', env: { UNCHECKED: '1' } });
      const statuses = await postAll(post);
      const order = watch.read();
      expect(new Set(order.answered).size).toBe(statuses.length);
      expect(order.tooEarly.length).toBeGreaterThan(statuses.length / 2);
    }, 60_000);

    it('does not start when commits would not wait for the disk', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const { process } = startServiceProcess({ databaseUrl, port: await freePort(), sandbox, preload: 'test/integration/synchronous-normal.cjs' });
      running = process;
      expect(await process.waitForEnd(30_000)).toMatchObject({ code: 1 });
      expect(process.output).toContain('SQLite would acknowledge rows that a power cut loses');
    }, 60_000);

    it('answers 503 while the disk cannot be synced, and goes on when it can: no 200 for what is not on disk', async () => {
      const { post, databaseUrl } = await start();
      const statusOf = async (n: number) => (await post(n))?.status;
      expect(await statusOf(200_001)).toBe(200);

      watch.failSyncs(true);
      expect(await Promise.all([200_002, 200_003, 200_004].map(statusOf))).toEqual([503, 503, 503]);
      watch.failSyncs(false);

      expect(await Promise.all([200_005, 200_006].map(statusOf))).toEqual([200, 200]);
      const order = watch.read();
      expect(order.answered.sort()).toEqual([200_001, 200_005, 200_006].map(markerOf));
      expect(order.tooEarly).toEqual([]);

      await running?.end('SIGKILL');
      const rows = await queryDatabase<{ body: string }>(databaseUrl, 'SELECT body FROM webhook_events');
      const stored = rows.map(({ body }) => /durability-\d{6}/.exec(body)?.[0]);
      expect(stored).toEqual(expect.arrayContaining(order.answered));
    }, 60_000);
  });
});

function markerOf(n: number): string {
  return `durability-${n}`;
}
