import { ofTeam } from '../../src/access/caller.js';
import { Client } from 'pg';
import { ChannelDirectory } from '../../src/channels/channel-directory.service.js';
import { UnitOfWork } from '../../src/database/unit-of-work.service.js';
import { LimitBook } from '../../src/rate-policy/limit-book.service.js';
import { LimitSubjectEntity } from '../../src/rate-policy/limit-subject.entity.js';
import { Handover } from '../../src/messaging/outbox/handover.service.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { type Claim, Slots } from '../../src/messaging/outbox/claim.js';
import { Sending } from '../../src/messaging/outbox/sending.service.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { NO_DRIFT, readDrift } from '../chaos/policy-books.js';
import { FIBRE, NAJM } from '../e2e/cast.js';
import { countDeadlocks, countRows, queryDatabase } from '../e2e/database.js';
import { connectNajm, fault, FIBRE_CHANNEL, NAJM_CHANNEL, newcomer, type Service, startService, textTo } from '../e2e/service.js';
import { onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { ChangedRules } from './changed-rules.js';
import { LimitStorm } from './limit-storm.js';

/** STORM_SECONDS=300 for a longer run. */
const SECONDS = Number(process.env['STORM_SECONDS'] ?? 10);
const INSTANCES = 3;

describe('Accepting, sending, giving back, releasing and hearing, all at once', () => {
  const rules = new ChangedRules();
  const services: Service[] = [];
  // One for each storm: what a service of an earlier one still does must not move a later one's time.
  let clock: ManualClock;
  let sandbox: Sandbox;

  beforeEach(async () => {
    clock = new ManualClock();
    sandbox = await startSandbox({ now: () => clock.now(), dailyLimits: { perUser: 1_000_000, perApp: 1_000_000 } });
  });
  afterEach(async () => {
    await stopServices();
    await sandbox.close();
  });
  afterAll(() => rules.removeAll());

  const stopServices = () => Promise.all(services.splice(0).map((service) => service.stop()));

  /** A storm over three services with short limits. Gives it when it is over and the services have stopped. */
  async function storm(databaseUrl: string, seconds: number, tamper: (service: Service) => void = () => undefined): Promise<LimitStorm> {
    const env = { ...rules.env({ accountLimit: 12, appLimit: 20, limitWindowMs: 60_000 }), TWITTER_CHANNEL__MESSAGING__POLL_MS: '50', TWITTER_CHANNEL__MESSAGING__LEASE_MS: '600000' };
    for (let n = 0; n < INSTANCES; n += 1) {
      services.push(await startService({ databaseUrl, sandboxUrl: sandbox.url, clock, env }));
    }
    const [first] = services as [Service];
    const connected = await connectNajm(first);
    await first.call('/v1/channels', { body: FIBRE_CHANNEL });
    const directory = first.app.get(ChannelDirectory, { strict: false });
    const channels = [await directory.getByAccount(ofTeam('default'), NAJM.id), await directory.getByAccount(ofTeam('default'), FIBRE.id)];
    const participants = Array.from({ length: 8 }, (_, n) => {
      const screenName = `storm_${n}`;
      return sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: 'anyone' }).id;
    });
    services.forEach(tamper);
    const blowing = new LimitStorm(services, channels, connected, participants, sandbox, clock, 'storm');
    await blowing.blow(seconds);
    await stopServices();
    return blowing;
  }

  onEngine('postgres', (engine) => {
    it('ends without a deadlock, and the books balance', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const { errors, accepted } = await storm(databaseUrl, SECONDS);
      const statuses = await queryDatabase(databaseUrl, "SELECT status, held_because, charge, count(*)::int AS n FROM messages WHERE direction = 'outbound' GROUP BY 1, 2, 3");
      console.log(`storm: ${accepted} accepted; ${JSON.stringify(statuses)}`);
      expect({ errors, deadlocks: await countDeadlocks(databaseUrl) }).toEqual({ errors: [], deadlocks: 0 });
      expect(await readDrift(databaseUrl)).toEqual(NO_DRIFT);
      // Few are sent on a busy machine; that some are shows that X was asked at all.
      expect(await countRows(databaseUrl, "messages WHERE status = 'sent'")).toBeGreaterThan(0);
    }, 180_000 + SECONDS * 1_000);

    it('lets nobody wait in a circle when X refuses for good the message that tries whether it takes sends again', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const other = new Client({ connectionString: databaseUrl });
      const service = await startService({ databaseUrl, sandboxUrl: sandbox.url, clock });
      services.push(service);
      await other.connect();
      try {
        await service.app.get(Dispatcher, { strict: false }).beforeApplicationShutdown();
        await service.call('/v1/channels', { body: NAJM_CHANNEL });
        await service.call('/v1/messages', { body: textTo('The one that tries', newcomer(sandbox)) });
        await other.query(`UPDATE limit_subjects SET stop_until = ${clock.now()} WHERE id LIKE 'account:%'`);
        // Once the message is on its way somebody has the app's limits, and goes on to the account's while X's refusal is settled.
        const handover = service.app.get(Handover, { strict: false });
        const depart = handover.depart.bind(handover);
        handover.depart = async (...args) => {
          const departed = await depart(...args);
          await other.query("BEGIN; SELECT 1 FROM limit_subjects WHERE id LIKE 'app:%' FOR UPDATE");
          return departed;
        };
        fault(sandbox, { route: 'send', kind: 'status', status: 403, code: 226 });
        const [claim] = await handover.claim('att_test', new Slots(1, 1));
        const sending = service.app.get(Sending, { strict: false }).send(claim as Claim);
        const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        await eventually(async () => (await other.query(waiting)).rowCount !== 0, 'the refusal waits', { withinMs: 15_000 });
        await other.query("SELECT 1 FROM limit_subjects WHERE id LIKE 'account:%' FOR UPDATE; COMMIT");
        await sending;
      } finally {
        await other.end();
      }
      expect(await queryDatabase(databaseUrl, "SELECT status, stop_probe FROM messages, limit_subjects WHERE limit_subjects.id LIKE 'account:%'")).toEqual([
        { status: 'failed', stop_probe: null },
      ]);
    }, 180_000);

    it('control: an instance that locks an account before its app is caught in a deadlock', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      let isTampered = false;
      await storm(databaseUrl, 5, ({ app }) => {
        const [book, unitOfWork] = [app.get(LimitBook, { strict: false }), app.get(UnitOfWork)];
        const lock = book.lock.bind(book);
        if (!isTampered) {
          book.lock = (parties) =>
            unitOfWork.run(async (manager) => {
              await manager.findOne(LimitSubjectEntity, { where: { id: `account:${parties.channel.accountId}` }, lock: { mode: 'pessimistic_write' } });
              return lock(parties);
            });
        }
        isTampered = true;
      });
      expect(await countDeadlocks(databaseUrl)).toBeGreaterThan(0);
    }, 180_000);
  });
});
