import type { Channel } from '../../src/channels/channel.js';
import { MINUTE_MS, SECOND_MS } from '../../src/kernel/duration.js';
import { type Claim, Slots } from '../../src/messaging/outbox/claim.js';
import type { Engine } from '../support/engines.js';
import { OutboxUnderTest } from './outbox-under-test.js';

/** The default of `messaging.leaseMs`. */
const LEASE_MS = 30_000;

const idsOf = (claims: readonly Claim[]): string[] => claims.map(({ messageId }) => messageId);

/** What every outbox must do, whatever engine it stands on. `instances` use one database. */
export function outboxConformance(engine: Engine, instances: number): void {
  let outbox: OutboxUnderTest;
  beforeEach(async () => {
    outbox = await OutboxUnderTest.start(engine, instances);
  });
  afterEach(() => outbox.stop());

  it('claims the first of each conversation and nothing behind it, those first that have been due longest', async () => {
    const first = await outbox.accept('11');
    outbox.clock.advance(1);
    const other = await outbox.accept('22');
    await outbox.accept('11');
    await outbox.accept('22');
    expect(idsOf(await outbox.claim())).toEqual([first, other]);
    expect(await outbox.claim()).toEqual([]);
  });

  it('claims replies before what starts a conversation, when both are due at once', async () => {
    const start = await outbox.accept('11', 0, true);
    const reply = await outbox.accept('22');
    expect(idsOf(await outbox.claim())).toEqual([reply, start]);
  });

  it('claims no more than there are slots, over all channels and of one', async () => {
    const ofFirst = [await outbox.accept('11'), await outbox.accept('22'), await outbox.accept('33')];
    const ofSecond = [await outbox.accept('11', 1), await outbox.accept('22', 1)];
    const slots = new Slots(3, 2);
    expect(idsOf(await outbox.claim(slots))).toEqual([ofFirst[0], ofFirst[1], ofSecond[0]]);
    expect(slots.isFull).toBe(true);
    slots.giveBack((outbox.channels[0] as Channel).id);
    expect(idsOf(await outbox.claim(slots))).toEqual([ofFirst[2]]);
  });

  it('claims nothing of what the running unit of work has changed, and what is due behind it instead', async () => {
    const [changed, other] = [await outbox.accept('11'), await outbox.accept('22')];
    const [{ conversation_id: conversationId }] = await outbox.query<{ conversation_id: string }>(`SELECT conversation_id FROM messages WHERE id = '${changed}'`) as [{ conversation_id: string }];
    expect(idsOf(await outbox.claim(new Slots(1, 1), 'att_me', 0, new Map([[conversationId, true]])))).toEqual([other]);
    expect(idsOf(await outbox.claim())).toEqual([changed]);
  });

  it('claims the next of a conversation when the one before it is settled, and one that was put back at its time', async () => {
    const [first, second] = [await outbox.accept('11'), await outbox.accept('11')];
    const [claim] = (await outbox.claim()) as [Claim];
    await outbox.putBack(claim, outbox.clock.now() + SECOND_MS);
    expect(await outbox.claim()).toEqual([]);
    outbox.clock.advance(SECOND_MS);
    const [again] = (await outbox.claim()) as [Claim];
    expect([again.messageId, again.fence]).toEqual([first, claim.fence + 1]);
    expect(await outbox.begin(again)).toBe(true);
    expect(await outbox.claim()).toEqual([]);
    await outbox.settleSent(again, '900000000000000001');
    expect(idsOf(await outbox.claim())).toEqual([second]);
  });

  it('lets others pass one that waits for the participant, and nothing pass one that waits for a place', async () => {
    const [waiting, next] = [await outbox.accept('11'), await outbox.accept('11')];
    await outbox.change(waiting, "status = 'held', held_because = 'window-closed', next_attempt_at = NULL");
    const [claim] = (await outbox.claim()) as [Claim];
    expect(claim.messageId).toBe(next);
    await outbox.begin(claim);
    // Freed by the participant while another is under way: it does not go beside it.
    await outbox.change(waiting, `status = 'queued', held_because = NULL, next_attempt_at = ${outbox.clock.now()}`);
    expect(await outbox.claim()).toEqual([]);
    await outbox.settleSent(claim, '900000000000000001');
    expect(idsOf(await outbox.claim())).toEqual([waiting]);

    const [forPlace, behind] = [await outbox.accept('22'), await outbox.accept('22')];
    await outbox.change(forPlace, "status = 'held', held_because = 'rate-limit', next_attempt_at = NULL");
    expect(await outbox.claim()).toEqual([]);
    await outbox.change(forPlace, `status = 'queued', held_because = NULL, next_attempt_at = ${outbox.clock.now()}`);
    expect(idsOf(await outbox.claim())).toEqual([forPlace]);
    expect(behind).not.toBe(forPlace);
  });

  it('keeps those behind an unknown one back until its time, or until it is settled', async () => {
    const [unknown, behind] = [await outbox.accept('11'), await outbox.accept('11')];
    await outbox.change(unknown, `status = 'unknown', unknown_at = ${outbox.clock.now()}, next_attempt_at = NULL, blocks_until = ${outbox.clock.now() + MINUTE_MS}`);
    outbox.clock.advance(MINUTE_MS - 1);
    expect(await outbox.claim()).toEqual([]);
    outbox.clock.advance(1);
    const [claim] = (await outbox.claim()) as [Claim];
    expect(claim.messageId).toBe(behind);
    await outbox.putBack(claim, outbox.clock.now());
    await outbox.change(unknown, `blocks_until = ${outbox.clock.now() + MINUTE_MS}`);
    expect(await outbox.claim()).toEqual([]);
    await outbox.change(unknown, "status = 'sent', blocks_until = NULL");
    expect(idsOf(await outbox.claim())).toEqual([behind]);
  });

  it('opens what a dead dispatcher had claimed, and calls unknown what it had begun to send', async () => {
    const [claimed, sending] = [await outbox.accept('11'), await outbox.accept('22')];
    const claims = await outbox.claim();
    await outbox.begin(claims.find(({ messageId }) => messageId === sending) as Claim);
    outbox.clock.advance(LEASE_MS - 1);
    expect(await outbox.lose()).toEqual({ requeued: 0, unknown: 0 });
    outbox.clock.advance(1);
    expect(await outbox.lose()).toEqual({ requeued: 1, unknown: 1 });
    expect(await outbox.lose()).toEqual({ requeued: 0, unknown: 0 });
    expect(idsOf(await outbox.claim())).toEqual([claimed]);
    expect(await outbox.query(`SELECT status FROM messages WHERE id = '${sending}'`)).toEqual([{ status: 'unknown' }]);
    expect(await outbox.query(`SELECT outcome FROM attempts WHERE message_id = '${sending}'`)).toEqual([{ outcome: 'unknown' }]);
  });

  it('opens all claims at once at a start that knows itself alone', async () => {
    const claimed = await outbox.accept('11');
    await outbox.claim();
    expect(await outbox.lose(true)).toEqual({ requeued: 1, unknown: 0 });
    expect(idsOf(await outbox.claim())).toEqual([claimed]);
  });

  it('refuses whoever wakes after its lease: when it has run out, and when another has the message', async () => {
    await outbox.accept('11');
    const [stale] = (await outbox.claim()) as [Claim];
    outbox.clock.advance(LEASE_MS);
    expect(await outbox.begin(stale)).toBe(false);
    await outbox.lose();
    // Even by the same owner, and with a lease that has not run out: the fence tells the claims apart.
    const [fresh] = (await outbox.claim()) as [Claim];
    expect(await outbox.begin(stale)).toBe(false);
    expect(await outbox.begin(fresh)).toBe(true);
    expect(await outbox.begin(fresh)).toBe(false);
    expect(await outbox.query('SELECT count(*) AS n FROM attempts')).toEqual([{ n: engine.name === 'sqlite' ? 1 : '1' }]);
  });

  it('has the database itself refuse a second message under way to one participant, and a second live attempt', async () => {
    const [first, second] = [await outbox.accept('11'), await outbox.accept('11')];
    const [claim] = (await outbox.claim()) as [Claim];
    for (const status of ['claimed', 'sending']) {
      await expect(outbox.query(`UPDATE messages SET status = '${status}' WHERE id = '${second}'`)).rejects.toThrow(/unique/i);
    }
    await outbox.begin(claim);
    for (const outcome of ['in-flight', 'unknown', 'sent']) {
      await outbox.query(`UPDATE attempts SET outcome = '${outcome}'`);
      await expect(outbox.query(`INSERT INTO attempts (id, message_id, started_at, outcome) VALUES ('att_two', '${first}', 1, 'in-flight')`)).rejects.toThrow(/unique/i);
    }
  });

  it('hands each message to one of many dispatchers, in the order of its conversation and one at a time', async () => {
    const conversations = Array.from({ length: 8 }, (_, n) => String(100 + n));
    const accepted = new Map<string, string[]>();
    for (let n = 0; n < 5; n += 1) {
      for (const number of conversations) {
        accepted.set(number, [...(accepted.get(number) ?? []), await outbox.accept(number)]);
      }
    }
    const taken: Claim[] = [];
    const underWay = new Set<string>();
    const work = async (worker: number): Promise<void> => {
      const instance = worker % instances;
      for (let idle = 0; idle < 20; ) {
        const [claim] = await outbox.claim(new Slots(1, 1), `att_${worker}`, instance);
        if (claim === undefined) {
          idle += 1;
          await new Promise(setImmediate);
          continue;
        }
        expect(underWay.has(claim.conversationId)).toBe(false);
        underWay.add(claim.conversationId);
        taken.push(claim);
        await outbox.begin(claim, instance);
        underWay.delete(claim.conversationId);
        await outbox.settleSent(claim, `9${String(taken.indexOf(claim)).padStart(17, '0')}`, instance);
        idle = 0;
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, worker) => work(worker)));
    const order = [...accepted.values()].map((ids) => idsOf(taken.filter(({ messageId }) => ids.includes(messageId))));
    expect(order).toEqual([...accepted.values()]);
  }, 60_000);
}
