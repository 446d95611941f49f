import { Client } from 'pg';
import { MINUTE_MS } from '../../src/kernel/duration.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { LostClaims } from '../../src/messaging/outbox/lost-claims.service.js';
import { countRows, queryDatabase } from '../e2e/database.js';
import { type Answer, NAJM_CHANNEL, type Service, startService, textTo } from '../e2e/service.js';
import { forEachEngine, onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';

const LEASE_MS = 30_000;
const POLL_OFTEN = { TWITTER_CHANNEL__MESSAGING__POLL_MS: '20', TWITTER_CHANNEL__MESSAGING__AFTER_UNKNOWN: 'go-on' };

function addParticipants(sandbox: Sandbox, count: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const screenName = `outbox_${n}`;
    return sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: 'anyone' }).id;
  });
}

async function accept(service: Service, to: string, text: string): Promise<string> {
  const { status, body, text: raw } = await service.call('/v1/messages', { body: textTo(text, to) });
  if (status !== 202) {
    throw new Error(`Not accepted: ${raw}`);
  }
  return body['id'];
}

const statusOf = async (service: Service, id: string): Promise<string> => (await service.call(`/v1/messages/${id}`)).body['status'] as string;

function untilSent(sandbox: Sandbox, count: number): Promise<unknown> {
  return eventually(() => sandbox.ledger.sends.length >= count, `${count} messages are sent`, { withinMs: 20_000 });
}

/** The texts that X took for a participant, in their order. */
function textsFor(sandbox: Sandbox, participant: string): string[] {
  return sandbox.ledger.sends.filter((send) => send.participant === participant).map(({ text }) => text);
}

describe('The outbox', () => {
  let sandbox: Sandbox;
  const services: Service[] = [];

  beforeEach(async () => {
    sandbox = await startSandbox({ dailyLimits: { perUser: 100_000, perApp: 100_000 } });
  });
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.stop()));
    await sandbox.close();
  });

  async function start(databaseUrl: string, clock?: ManualClock): Promise<Service> {
    const service = await startService({ databaseUrl, sandboxUrl: sandbox.url, env: POLL_OFTEN, ...(clock === undefined ? {} : { clock }) });
    services.push(service);
    return service;
  }

  async function stop(service: Service): Promise<void> {
    services.splice(services.indexOf(service), 1);
    await service.stop();
  }

  const createChannel = (service: Service): Promise<Answer> => service.call('/v1/channels', { body: NAJM_CHANNEL });

  forEachEngine((engine) => {
    it('sends to one participant in the order of acceptance, also when X is slow or refuses for a while', async () => {
      const service = await start(await engine.createDatabaseUrl());
      await createChannel(service);
      const [to = ''] = addParticipants(sandbox, 1);
      sandbox.faults.add({ kind: 'delay', route: 'send', times: 1, participant: null, delayMs: 200, status: null, code: null, message: null, body: null });
      sandbox.faults.add({ kind: 'reset-before', route: 'send', times: 1, participant: null, delayMs: null, status: null, code: null, message: null, body: null });
      const texts = Array.from({ length: 8 }, (_, n) => `message ${n}`);
      for (const text of texts) {
        await accept(service, to, text);
      }
      // Whatever became of the two that were hit, none overtook another.
      await eventually(async () => (await service.call('/v1/messages?status=queued')).body['data'].length === 0, 'the queue is empty', { withinMs: 15_000 });
      await untilSent(sandbox, 7);
      const taken = textsFor(sandbox, to);
      expect(taken).toEqual(texts.filter((text) => taken.includes(text)));
      expect(new Set(taken).size).toBe(taken.length);
    });

    it('lets no participant wait for another', async () => {
      const service = await start(await engine.createDatabaseUrl());
      await createChannel(service);
      const [slow = '', ...others] = addParticipants(sandbox, 4);
      const hang = sandbox.faults.add({ kind: 'delay', route: 'send', times: null, participant: slow, delayMs: 4_000, status: null, code: null, message: null, body: null });
      const first = await accept(service, slow, 'slow 1');
      const second = await accept(service, slow, 'slow 2');
      await eventually(() => hang.fired === 1, 'X has the slow one');
      for (const to of others) {
        await accept(service, to, 'quick 1');
        await accept(service, to, 'quick 2');
      }
      await untilSent(sandbox, 6);
      // Six are through, and the slow one's second has not even begun.
      expect(others.map((to) => textsFor(sandbox, to))).toEqual(others.map(() => ['quick 1', 'quick 2']));
      expect([await statusOf(service, first), await statusOf(service, second)]).toEqual(['sending', 'queued']);
      expect(hang.fired).toBe(1);
    });

    describe('after a dispatcher died', () => {
      const clock = new ManualClock();

      /** A service that had accepted one message for each of two participants died before it sent them, leaving this behind. */
      async function leaveBehind(status: 'claimed' | 'sending') {
        const databaseUrl = await engine.createDatabaseUrl();
        const [left = '', next = ''] = addParticipants(sandbox, 2);
        const service = await start(databaseUrl, clock);
        const channel = (await createChannel(service)).body;
        await service.call(`/v1/channels/${String(channel['id'])}`, { method: 'PATCH', body: { paused: true } });
        const id = await accept(service, left, 'left behind');
        await eventually(async () => (await statusOf(service, id)) === 'held', 'it waits');
        await stop(service);
        await queryDatabase(databaseUrl, `UPDATE messages SET status = '${status}', held_because = NULL, held_until = NULL, next_attempt_at = ${clock.now()} WHERE id = '${id}'`);
        const lease = `lease_owner = 'att_dead', lease_until = ${clock.now() + LEASE_MS}, fence = fence + 1, head_at = NULL`;
        await queryDatabase(databaseUrl, `UPDATE conversations SET ${lease} WHERE head_id = '${id}'`);
        await queryDatabase(databaseUrl, `UPDATE channels SET is_paused = ${engine.name === 'sqlite' ? '0' : 'false'}`);
        if (status === 'sending') {
          const attempt = `'att_dead', '${id}', ${clock.now()}, NULL, 'in-flight', NULL, NULL, NULL`;
          await queryDatabase(databaseUrl, `INSERT INTO attempts (id, message_id, started_at, finished_at, outcome, x_status, x_code, detail) VALUES (${attempt})`);
        }
        return { id, left, next, service: await start(databaseUrl, clock), databaseUrl };
      }

      /** SQLite's file has one process, so at a start all claims are dead ones; on PostgreSQL their lease decides. */
      async function whenLeaseIsPast(service: Service, next: string, untouched: () => Promise<unknown>): Promise<void> {
        if (engine.name === 'postgres') {
          await accept(service, next, 'meanwhile');
          await untilSent(sandbox, 1);
          await untouched();
          clock.advance(LEASE_MS);
        }
      }

      it('sends what was claimed and had not left: no byte of it was written', async () => {
        const { id, left, next, service } = await leaveBehind('claimed');
        await whenLeaseIsPast(service, next, async () => expect(await statusOf(service, id)).toBe('queued'));
        await eventually(async () => (await statusOf(service, id)) === 'sent', 'it is sent');
        expect(textsFor(sandbox, left)).toEqual(['left behind']);
      });

      it('never sends again what was on its way: it is unknown, and what comes after it goes', async () => {
        const { id, left, next, service, databaseUrl } = await leaveBehind('sending');
        await whenLeaseIsPast(service, next, async () => expect(await statusOf(service, id)).toBe('sending'));
        await eventually(async () => (await statusOf(service, id)) === 'unknown', 'it is unknown');
        // Longer than those behind it wait for it.
        clock.advance(7 * MINUTE_MS);
        const after = await accept(service, left, 'after it');
        await eventually(async () => (await statusOf(service, after)) === 'sent', 'the one behind it is sent');
        expect(textsFor(sandbox, left)).toEqual(['after it']);
        const [attempt] = await queryDatabase(databaseUrl, `SELECT outcome FROM attempts WHERE message_id = '${id}'`);
        expect(attempt).toMatchObject({ outcome: 'unknown' });
      });
    });
  });

  onEngine('postgres', (engine) => {
    it('sends each message once and in order from two instances on one database', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const both = [await start(databaseUrl), await start(databaseUrl)];
      await createChannel(both[0] as Service);
      const participants = addParticipants(sandbox, 6);
      const texts = Array.from({ length: 12 }, (_, n) => `message ${n}`);
      // Each participant's are accepted one after the other, now by this instance, now by that one.
      await Promise.all(
        participants.map(async (to) => {
          for (const [n, text] of texts.entries()) {
            await accept(both[n % 2] as Service, to, text);
          }
        }),
      );
      await untilSent(sandbox, participants.length * texts.length);
      await eventually(async () => (await countRows(databaseUrl, "messages WHERE status <> 'sent'")) === 0, 'all are settled');
      expect(participants.map((to) => textsFor(sandbox, to))).toEqual(participants.map(() => texts));
      expect(await countRows(databaseUrl, 'attempts')).toBe(participants.length * texts.length);
    }, 60_000);

    it('does not take back X’s answer when it is settled at the moment in which the lease runs out', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const clock = new ManualClock();
      const service = await start(databaseUrl, clock);
      await createChannel(service);
      const [to = ''] = addParticipants(sandbox, 1);
      const id = await accept(service, to, 'late answer');
      await eventually(async () => (await statusOf(service, id)) === 'sent', 'it is sent');
      await queryDatabase(databaseUrl, `UPDATE messages SET status = 'sending' WHERE id = '${id}'`);
      await queryDatabase(databaseUrl, `UPDATE conversations SET head_id = '${id}', lease_owner = 'att_slow', lease_until = ${clock.now() + LEASE_MS}`);

      // The slow owner settles in a transaction of its own, as `Sending` does it, while another instance looks for lost claims.
      const owner = new Client({ connectionString: databaseUrl });
      await owner.connect();
      try {
        await owner.query('BEGIN');
        await owner.query('SELECT 1 FROM conversations FOR UPDATE');
        await owner.query("UPDATE messages SET status = 'sent' WHERE id = $1", [id]);
        await owner.query('UPDATE conversations SET lease_owner = NULL, lease_until = NULL');
        clock.advance(LEASE_MS + 1);
        const recovering = service.app.get(LostClaims, { strict: false }).settle(false);
        await eventually(async () => (await countWaiting(owner)) > 0, 'the look for lost claims waits for the owner');
        await owner.query('COMMIT');
        await recovering;
      } finally {
        await owner.end();
      }
      expect(await statusOf(service, id)).toBe('sent');
    });
  });
});

async function countWaiting(client: Client): Promise<number> {
  const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM pg_locks WHERE NOT granted');
  return Number(rows[0]?.n);
}
