import { DataSource, type EntitySubscriberInterface } from 'typeorm';
import type { Clock } from '../../src/kernel/clock.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { ScheduledJobs } from '../../src/operations/scheduled-jobs.service.js';
import { Ids } from '../../src/runtime/ids.service.js';
import { Timers } from '../../src/runtime/timers.service.js';
import { Randomness } from '../../src/runtime/randomness.service.js';
import { SystemClock } from '../../src/runtime/system-clock.service.js';
import { WebhookEventEntity } from '../../src/webhook/webhook-event.entity.js';
import { WebhookProcessor } from '../../src/webhook/webhook-processor.service.js';
import { EventRush } from '../../src/webhook/event-rush.service.js';
import { WebhookInbox } from '../../src/webhook/webhook-inbox.service.js';
import { queryDatabase } from '../e2e/database.js';
import { connectNajm, startBoth } from '../e2e/service.js';
import { deliver, inboundBody } from '../e2e/x-webhook.js';
import { forEachEngine, onEngine } from '../support/engines.js';
import { startStorage, type Storage } from './storage.js';

const LIMITS = { maxBodyBytes: 1_048_576, groupCommitMaxRows: 256, acknowledgeWithinMs: 2_500, processWithinMs: 5_000 };

describe('Group commit', () => {
  forEachEngine((engine) => {
    let storage: Storage;
    let commits = 0;
    let tests = 0;
    /** No channel has it, so that nothing else happens to its events. */
    let key: string;

    beforeAll(async () => {
      storage = await startStorage(engine);
      // They would commit too, by themselves.
      await storage.service.app.get(Dispatcher).beforeApplicationShutdown();
      await storage.service.app.get(ScheduledJobs).beforeApplicationShutdown();
      await storage.service.app.get(WebhookProcessor).beforeApplicationShutdown();
      const counter: EntitySubscriberInterface = { afterTransactionCommit: () => void (commits += 1) };
      storage.writer.subscribers.push(counter);
    });
    beforeEach(() => {
      key = `key-${(tests += 1)}`;
      commits = 0;
    });
    afterAll(() => storage.service.stop());

    const clock: Clock = new SystemClock();
    function openInbox(ids: Ids = new Ids(clock, new Randomness()), limits = LIMITS): WebhookInbox {
      return new WebhookInbox(clock, ids, storage.unitOfWork, new EventRush(clock, new Timers(), limits), limits);
    }

    /** Bodies that another connection sees. */
    async function listStored(): Promise<string[]> {
      const rows = await storage.reader.repository(WebhookEventEntity).find({ where: { webhookKey: key }, order: { id: 'ASC' } });
      return rows.map(({ body }) => body);
    }

    const bodies = (count: number): string[] => Array.from({ length: count }, (_, n) => `event ${n}`);

    /** What was acknowledged before it was there for others to see. */
    async function findAcknowledgedTooEarly(inbox: Pick<WebhookInbox, 'store'>): Promise<string[]> {
      const early: string[] = [];
      const all = bodies(60).map(async (body) => {
        await inbox.store(key, Buffer.from(body));
        if (!(await storage.reader.repository(WebhookEventEntity).existsBy({ webhookKey: key, body }))) {
          early.push(body);
        }
      });
      await Promise.all(all);
      return early;
    }

    it('stores what comes together with one commit, in the order in which it came', async () => {
      const inbox = openInbox();
      await Promise.all(bodies(100).map((body) => inbox.store(key, Buffer.from(body))));
      expect(commits).toBe(1);
      expect(await listStored()).toEqual(bodies(100));
    });

    it('puts what comes while a commit runs into the next one', async () => {
      const inbox = openInbox();
      const during: Promise<void>[] = [];
      const duringCommit: EntitySubscriberInterface = {
        beforeTransactionCommit: () => {
          if (during.length === 0) {
            during.push(...bodies(40).slice(1).map((body) => inbox.store(key, Buffer.from(body))));
          }
        },
      };
      storage.writer.subscribers.push(duringCommit);
      await inbox.store(key, Buffer.from('event 0'));
      await Promise.all(during);
      storage.writer.subscribers.splice(storage.writer.subscribers.indexOf(duringCommit), 1);
      expect(await listStored()).toEqual(bodies(40));
      expect(commits).toBe(2);
    });

    it('takes no more rows into one commit than the setting says', async () => {
      const inbox = openInbox(undefined, { ...LIMITS, groupCommitMaxRows: 10 });
      await Promise.all(bodies(35).map((body) => inbox.store(key, Buffer.from(body))));
      expect(commits).toBe(4);
      expect(await listStored()).toEqual(bodies(35));
    });

    it('acknowledges nothing before it is committed', async () => {
      expect(await findAcknowledgedTooEarly(openInbox())).toEqual([]);
    });

    it('control: an inbox that acknowledges first fails the same check', async () => {
      const inbox = openInbox();
      const eager = {
        store: (webhookKey: string, body: Buffer) => {
          void inbox.store(webhookKey, body);
          return Promise.resolve();
        },
      };
      expect((await findAcknowledgedTooEarly(eager)).length).toBeGreaterThan(0);
    });

    it('lets a row that the database refuses fail alone', async () => {
      const ids = new Ids(clock, new Randomness());
      const first = ids.create('whe');
      let given = 0;
      // The tenth event is given the id of the first.
      const create = ids.create.bind(ids);
      ids.create = (prefix) => ((given += 1) === 1 || given === 10 ? first : create(prefix));
      const inbox = openInbox(ids);

      const outcomes = await Promise.allSettled(bodies(20).map((body) => inbox.store(key, Buffer.from(body))));

      expect(outcomes.map(({ status }, n) => (status === 'rejected' ? n : -1)).filter((n) => n >= 0)).toEqual([9]);
      expect(await listStored()).toEqual(bodies(20).filter((_, n) => n !== 9));
    });

    it('fails all of a batch at once when it is the storage that fails, and works again when that does', async () => {
      let runs = 0;
      let isBroken = true;
      const { unitOfWork } = storage;
      const broken = new Proxy(unitOfWork, {
        get: (target, name) =>
          name !== 'run'
            ? (Reflect.get(target, name) as unknown)
            : (work: Parameters<typeof unitOfWork.run>[0]) => {
                runs += 1;
                return isBroken ? Promise.reject(new Error('the disk is gone')) : target.run(work);
              },
      });
      const inbox = new WebhookInbox(clock, new Ids(clock, new Randomness()), broken, new EventRush(clock, new Timers(), LIMITS), LIMITS);

      const outcomes = await Promise.allSettled(bodies(50).map((body) => inbox.store(key, Buffer.from(body))));
      expect(outcomes.map(({ status }) => status)).toEqual(bodies(50).map(() => 'rejected'));
      // One by one, each would wait for the database's time-out: the last of them for minutes.
      expect(runs).toBe(1);

      isBroken = false;
      await Promise.all(bodies(5).map((body) => inbox.store(key, Buffer.from(body))));
      expect(await listStored()).toEqual(bodies(5));
    });
  });

  onEngine('sqlite', (engine) => {
    it('answers 503 while the disk is full, and 200 once there is room: what was acknowledged is there', async () => {
      const both = await startBoth({ databaseUrl: await engine.createDatabaseUrl() });
      try {
        const channel = await connectNajm(both.service);
        const writer = both.service.app.get(DataSource);
        const post = (n: number) => deliver(both.service, channel, inboundBody({ id: `20896233306163537${n}`, text: `${n} ${'x'.repeat(40_000)}` }));

        const [{ page_count: pages }] = await writer.query<[{ page_count: number }]>('PRAGMA page_count');
        await writer.query(`PRAGMA max_page_count = ${pages}`);
        const refused = await Promise.all(Array.from({ length: 10 }, (_, n) => post(10 + n)));
        expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 503));
        expect(refused[0]?.body).toMatchObject({ code: 'webhook.not-stored', status: 503 });
        expect(refused[0]?.headers.get('retry-after')).toMatch(/^\d+$/);

        await writer.query('PRAGMA max_page_count = 1000000');
        const taken = await Promise.all(Array.from({ length: 10 }, (_, n) => post(30 + n)));
        expect(taken.map(({ status }) => status)).toEqual(taken.map(() => 200));
        expect(await listBodies(both.databaseUrl)).toHaveLength(10);
      } finally {
        await both.stop();
      }
    });
  });
});

function listBodies(databaseUrl: string): Promise<unknown[]> {
  return queryDatabase(databaseUrl, 'SELECT body FROM webhook_events');
}
