import { AsyncLocalStorage } from 'node:async_hooks';
import { QueryFailedError } from 'typeorm';
import { GatheredWork, type Outcome } from '../../src/database/gathered-work.service.js';
import type { RowWrites } from '../../src/database/rows.service.js';
import { UnitOfWork } from '../../src/database/unit-of-work.service.js';
import { MessageStepEntity } from '../../src/messaging/message/message-step.entity.js';
import { forEachEngine, onEngine } from '../support/engines.js';
import { BusyWriter } from './busy-writer.js';
import { startStorage, type Storage } from './storage.js';

/** A row like any other. */
const row = (id: string, messageId = 'msg_any'): MessageStepEntity => Object.assign(new MessageStepEntity(), { id, messageId, at: 0, kind: 'released', detail: {} });
const done: Outcome<void> = { kind: 'done', result: undefined };

describe('Gathered work', () => {
  forEachEngine((engine) => {
    let storage: Storage;
    let tests = 0;
    let name = '';
    const rounds: string[][] = [];

    beforeAll(async () => {
      storage = await startStorage(engine);
    });
    beforeEach(() => {
      name = `test-${(tests += 1)}`;
      rounds.length = 0;
    });
    afterAll(() => storage.service.stop());

    const exists = (id: string): Promise<boolean> => storage.reader.repository(MessageStepEntity).existsBy({ id: `${name} ${id}` });
    const settle = async (works: readonly Promise<unknown>[]): Promise<string[]> => (await Promise.allSettled(works)).map(({ status }) => status);

    /** Writes a row for each item; `work` may do otherwise for some. */
    function gather(work: (item: string, items: readonly string[], writes: RowWrites) => Promise<Outcome<void>> = async () => done, most = 10): GatheredWork<string, void> {
      return new GatheredWork<string, void>(
        storage.unitOfWork,
        async (writes, items) => {
          rounds.push([...items]);
          const outcomes: Outcome<void>[] = [];
          for (const item of items) {
            const outcome = await work(item, items, writes);
            outcomes.push(outcome);
            writes.insert(MessageStepEntity, outcome.kind === 'done' ? [row(`${name} ${item}`)] : []);
          }
          return outcomes;
        },
        { most },
      );
    }

    it('does what is asked for while one round runs in the next one, in its order, and so many at a time', async () => {
      let others: Promise<void>[] = [];
      const gathered: GatheredWork<string, void> = gather(async (item) => {
        if (item === 'first') {
          others = ['a', 'b', 'c', 'd'].map((other) => gathered.run(other));
        }
        return done;
      }, 3);
      await gathered.run('first');
      await Promise.all(others);
      expect(rounds).toEqual([['first'], ['a', 'b', 'c'], ['d']]);
      expect(await Promise.all(['first', 'a', 'b', 'c', 'd'].map(exists))).toEqual(Array(5).fill(true));
    });

    it('tells nobody of an end before it is there for others to see', async () => {
      const gathered = gather();
      const seen = await Promise.all(['a', 'b', 'c'].map((item) => gathered.run(item).then(() => exists(item))));
      expect(seen).toEqual([true, true, true]);
    });

    it('lets one item that fails leave nothing and harm no other', async () => {
      const gathered = gather(async (item) => {
        if (item === 'bad') {
          throw new Error('its own');
        }
        return done;
      });
      const failed = gathered.run('bad');
      expect(await settle([gathered.run('a'), failed, gathered.run('b')])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      await expect(failed).rejects.toThrow('its own');
      expect(await Promise.all(['a', 'bad', 'b'].map(exists))).toEqual([true, false, true]);
    });

    it('lets one item whose row the database refuses harm no other, though it is written with the commit', async () => {
      const gathered = gather();
      await gathered.run('twice');
      expect(await settle([gathered.run('a'), gathered.run('twice'), gathered.run('b')])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await Promise.all(['a', 'b'].map(exists))).toEqual([true, true]);
    });

    it('does by itself what asks for it, after the round', async () => {
      const gathered = gather(async (item, items) => (item === 'shy' && items.length > 1 ? { kind: 'alone' } : done));
      await Promise.all([gathered.run('shy'), gathered.run('a')]);
      expect(rounds.at(-1)).toEqual(['shy']);
      expect(await Promise.all(['shy', 'a'].map(exists))).toEqual([true, true]);
    });

    it('fails one item alone when the round says so, and keeps the others', async () => {
      const gathered = gather(async (item) => (item === 'refused' ? { kind: 'failed', error: new Error('refused') } : done));
      expect(await settle([gathered.run('a'), gathered.run('refused')])).toEqual(['fulfilled', 'rejected']);
      expect(await Promise.all(['a', 'refused'].map(exists))).toEqual([true, false]);
      expect(rounds).toHaveLength(1);
    });

    it('fails all of them at once, and goes on with those after them, when the database does not answer', async () => {
      let isGone = true;
      const away = new QueryFailedError('BEGIN', [], Object.assign(new Error('away'), { code: 'SQLITE_IOERR' }));
      const unitOfWork = { run: (work: Parameters<UnitOfWork['run']>[0]) => (isGone ? Promise.reject(away) : storage.unitOfWork.run(work)) };
      const gathered = new GatheredWork<string, void>(unitOfWork as unknown as UnitOfWork, async (_writes, items) => items.map(() => done), { most: 10 });
      expect(await settle([gathered.run('a'), gathered.run('b')])).toEqual(['rejected', 'rejected']);
      isGone = false;
      expect(await settle([gathered.run('c')])).toEqual(['fulfilled']);
    });

    it('belongs to none of those who asked', async () => {
      const context = new AsyncLocalStorage<string>();
      const seen: (string | undefined)[] = [];
      const gathered = gather(async () => {
        seen.push(context.getStore());
        return done;
      });
      await context.run('whose', () => gathered.run('a'));
      expect(seen).toEqual([undefined]);
    });
  });

  onEngine('sqlite', (engine) => {
    let storage: Storage;
    let writer: BusyWriter;
    const whileBusy = (ask: () => Promise<void>[]): Promise<string[]> => writer.whileBusy(ask);

    beforeAll(async () => {
      storage = await startStorage(engine);
      writer = new BusyWriter(storage);
    });
    afterAll(() => storage.service.stop());

    const writing = (ids: Record<string, number>, most = 10): GatheredWork<string, void> =>
      new GatheredWork<string, void>(
        storage.unitOfWork,
        async (writes, items) => {
          items.forEach((item) => (ids[item] = (ids[item] ?? 0) + 1));
          if (items.includes('bad')) {
            throw new Error('its own');
          }
          writes.insert(MessageStepEntity, items.map((item) => row(item)));
          return items.map(() => done);
        },
        { most },
      );

    it('shares one commit with other gathered work, without a savepoint', async () => {
      const [one, other] = [writing({}), writing({})];
      expect(await whileBusy(() => [one.run('one'), other.run('other')])).toEqual(['fulfilled', 'fulfilled']);
      expect(writer.statements.filter((statement) => /COMMIT|SAVEPOINT/.test(statement))).toEqual(['COMMIT', 'COMMIT']);
    });

    it('does other gathered work again by itself when one of them fails, and leaves nothing of that one', async () => {
      const [times, others] = [{} as Record<string, number>, {} as Record<string, number>];
      const [one, other] = [writing(times), writing(others)];
      expect(await whileBusy(() => [one.run('kept'), other.run('bad')])).toEqual(['fulfilled', 'rejected']);
      expect(times).toEqual({ kept: 2 });
      expect(await storage.reader.repository(MessageStepEntity).countBy({ id: 'kept' })).toBe(1);
    });

    it('reads what gathered work before it in the same commit has left for the commit', async () => {
      const seen: boolean[] = [];
      const reading = new GatheredWork<string, void>(
        storage.unitOfWork,
        async ({ manager }, items) => {
          seen.push(await manager.existsBy(MessageStepEntity, { id: 'written just now' }));
          return items.map(() => done);
        },
        { most: 10 },
      );
      const before = writing({});
      expect(await whileBusy(() => [before.run('written just now'), reading.run('reads')])).toEqual(['fulfilled', 'fulfilled']);
      expect(seen).toEqual([true]);
    });

    it('acts after its commit once, however often it was tried', async () => {
      let acted = 0;
      const acting = new GatheredWork<string, void>(
        storage.unitOfWork,
        async (_writes, items) => {
          storage.unitOfWork.afterCommit(() => void (acted += 1));
          return items.map(() => done);
        },
        { most: 10 },
      );
      const bad = writing({});
      expect(await whileBusy(() => [acting.run('acts'), bad.run('bad')])).toEqual(['fulfilled', 'rejected']);
      expect(acted).toBe(1);
    });

    it('is not done again when the commit of several fails, either', async () => {
      const [times, others] = [{} as Record<string, number>, {} as Record<string, number>];
      const [one, other] = [writing(times), writing(others)];
      const runner = storage.writer.createQueryRunner();
      const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
      let commits = 0;
      const failing = ((statement: string, ...rest: unknown[]) => {
        commits += statement === 'COMMIT' ? 1 : 0;
        // The first is that of whoever has the writer.
        return statement === 'COMMIT' && commits === 2 ? Promise.reject(new QueryFailedError('COMMIT', [], Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' }))) : query(statement, ...rest);
      }) as typeof runner.query;
      const before = runner.query;
      runner.query = failing;
      try {
        expect(await whileBusy(() => [one.run('gone'), other.run('gone too')])).toEqual(['rejected', 'rejected']);
      } finally {
        runner.query = before;
      }
      expect([times, others]).toEqual([{ gone: 1 }, { 'gone too': 1 }]);
    });

    it('is not done again when the commit itself fails: nobody knows what of it is on disk', async () => {
      const times: Record<string, number> = {};
      const gathered = writing(times);
      const connection = (await storage.writer.createQueryRunner().connect()) as { exec: (text: string, then: (error: Error | null) => void) => void };
      const exec = connection.exec.bind(connection);
      connection.exec = (_text, then) => then(Object.assign(new Error('SQLITE_IOERR: disk I/O error'), { code: 'SQLITE_IOERR', errno: 10 }));
      try {
        expect(await whileBusy(() => [gathered.run('lost'), gathered.run('too')])).toEqual(['rejected', 'rejected']);
      } finally {
        connection.exec = exec;
      }
      expect(times).toEqual({ lost: 1, too: 1 });
      expect(await storage.reader.repository(MessageStepEntity).existsBy({ id: 'lost' })).toBe(false);
      await gathered.run('after');
    });
  });
});
