import type { Type } from '@nestjs/common';
import { ScheduledJobs } from '../../src/operations/scheduled-jobs.service.js';
import type { ScheduledJob } from '../../src/operations/scheduled-job.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { ExpiredWindowsJob } from '../../src/messaging/window/expired-windows.job.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { timetable } from '../../src/timetable.js';
import { NAJM, RANIA } from '../e2e/cast.js';
import { queryDatabase } from '../e2e/database.js';
import { connectNajm, type Service, startService, textTo } from '../e2e/service.js';
import { deliver, inboundBody } from '../e2e/x-webhook.js';
import { forEachEngine, onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Ticks of the timetable come from the test alone. */
const NEVER_BY_ITSELF = Object.fromEntries(
  ['SUBSCRIPTION_CHECK', 'EXPIRED_WINDOWS', 'WEBHOOK_BACKLOG', 'CLEAN_UP'].map((name) => [`TWITTER_CHANNEL__TIMETABLE__${name}_MS`, String(20 * DAY_MS)]),
);

/** Runs a job's tick on one instance, as the timetable does. */
function tick(service: Service, name: string): Promise<void> {
  const entry = timetable.find((one) => one.name === name);
  if (entry === undefined) {
    throw new Error(`There is no job ${name}`);
  }
  return service.app.get(ScheduledJobs).runTick(entry);
}

interface Run {
  outcome: string;
  detail: unknown;
}

describe('The timetable', () => {
  let clock: ManualClock;
  let sandbox: Sandbox;
  const services: Service[] = [];

  beforeEach(async () => {
    clock = new ManualClock();
    sandbox = await startSandbox({ now: () => clock.now() });
  });
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.stop()));
    await sandbox.close();
  });

  async function start(databaseUrl: string, env: Record<string, string> = NEVER_BY_ITSELF): Promise<Service> {
    const service = await startService({ databaseUrl, sandboxUrl: sandbox.url, clock, env });
    services.push(service);
    return service;
  }

  /** The recorded runs of a job, oldest first; counts read back into what they were. */
  async function listRuns(databaseUrl: string, name: string): Promise<Run[]> {
    const rows = await queryDatabase<{ outcome: string; detail: string | null }>(
      databaseUrl,
      `SELECT outcome, detail FROM job_runs WHERE job = '${name}' ORDER BY scheduled_at`,
    );
    return rows.map(({ outcome, detail }) => ({ outcome, detail: detail?.startsWith('{') === true ? (JSON.parse(detail) as unknown) : detail }));
  }

  forEachEngine((engine) => {
    let databaseUrl: string;
    beforeEach(async () => {
      databaseUrl = await engine.createDatabaseUrl();
    });

    it('records a tick once, with what the run counted, however often it comes', async () => {
      const service = await start(databaseUrl, {});
      const channel = await connectNajm(service);
      await deliver(service, channel, inboundBody({ id: '2089623330616353717', text: 'hello', createdAt: clock.now() }));
      await eventually(async () => (await service.call('/v1/conversations?windowOpen=true')).body['data'].length === 1, 'the window is open');
      clock.advance(DAY_MS);

      await Promise.all([tick(service, 'expired-windows'), tick(service, 'expired-windows'), tick(service, 'expired-windows')]);
      await tick(service, 'expired-windows');
      expect(await listRuns(databaseUrl, 'expired-windows')).toEqual([{ outcome: 'done', detail: { windowsClosed: 1, messagesExpired: 0, orphansFreed: 0 } }]);

      clock.advance(MINUTE_MS);
      await tick(service, 'expired-windows');
      expect(await listRuns(databaseUrl, 'expired-windows')).toEqual([
        { outcome: 'done', detail: { windowsClosed: 1, messagesExpired: 0, orphansFreed: 0 } },
        { outcome: 'done', detail: { windowsClosed: 0, messagesExpired: 0, orphansFreed: 0 } },
      ]);
    });

    it('records a run that failed, with why, and runs the next tick', async () => {
      const service = await start(databaseUrl, {});
      class Failing implements ScheduledJob {
        run(): Promise<Record<string, number>> {
          return Promise.reject(new Error('no such luck'));
        }
      }
      // In the place of a real one, in this service only.
      const job = service.app.get<Type<ScheduledJob>, ScheduledJob>(ExpiredWindowsJob, { strict: false });
      const { run } = job;
      job.run = () => new Failing().run();
      await tick(service, 'expired-windows');
      job.run = run;
      clock.advance(MINUTE_MS);
      await tick(service, 'expired-windows');
      expect(await listRuns(databaseUrl, 'expired-windows')).toEqual([
        { outcome: 'failed', detail: 'no such luck' },
        { outcome: 'done', detail: { windowsClosed: 0, messagesExpired: 0, orphansFreed: 0 } },
      ]);
    });

    it('notes a window’s end when it is over, not before, and once', async () => {
      const service = await start(databaseUrl);
      const channel = await connectNajm(service);
      const [first, second] = ['2089623330616353717', '2089623330616353718'];
      await deliver(service, channel, inboundBody({ id: first, text: 'old', createdAt: clock.now() - HOUR_MS }));
      await deliver(service, channel, inboundBody({ id: second, text: 'new', from: '84391208', createdAt: clock.now() }));
      await eventually(async () => (await service.call('/v1/conversations')).body['data'].length === 2, 'both are there');
      const closed = () => queryDatabase(databaseUrl, 'SELECT participant_id FROM conversations WHERE window_closed_at IS NOT NULL');
      const job = service.app.get(ExpiredWindowsJob, { strict: false });

      clock.advance(DAY_MS - HOUR_MS - 1);
      expect(await job.run()).toEqual({ windowsClosed: 0, messagesExpired: 0, orphansFreed: 0 });
      clock.advance(1);
      expect(await job.run()).toEqual({ windowsClosed: 1, messagesExpired: 0, orphansFreed: 0 });
      expect(await job.run()).toEqual({ windowsClosed: 0, messagesExpired: 0, orphansFreed: 0 });
      expect(await closed()).toEqual([{ participant_id: RANIA.id }]);
    });

    it('expires what waited past its validUntil and gives its reply back', async () => {
      const service = await start(databaseUrl);
      const channel = await connectNajm(service);
      await deliver(service, channel, inboundBody({ id: '2089623330616353717', text: 'hello', createdAt: clock.now() }));
      await eventually(async () => (await service.call('/v1/conversations?windowOpen=true')).body['data'].length === 1, 'the window is open');
      await service.call(`/v1/channels/${String(channel['id'])}`, { method: 'PATCH', body: { paused: true } });
      const validUntil = new Date(clock.now() + HOUR_MS).toISOString();
      const accepted = await service.call('/v1/messages', { body: { ...textTo('In time?'), validUntil } });
      expect(accepted.body).toMatchObject({ charge: 'reply', window: { used: 1, remaining: 4 } });
      const message = async () => (await service.call(`/v1/messages/${String(accepted.body['id'])}`)).body;
      await eventually(async () => (await message())['status'] === 'held', 'it is held');
      // The dispatcher, too, looks at validUntil before it sends; here the job is to do it.
      await service.app.get(Dispatcher, { strict: false }).beforeApplicationShutdown();

      clock.advance(HOUR_MS - 1);
      await tick(service, 'expired-windows');
      expect(await message()).toMatchObject({ status: 'held', window: { used: 1 } });
      clock.advance(1);
      const job = service.app.get(ExpiredWindowsJob, { strict: false });
      expect(await job.run()).toEqual({ windowsClosed: 0, messagesExpired: 1, orphansFreed: 0 });
      expect(await message()).toMatchObject({ status: 'expired', charge: null, window: { used: 0, remaining: 5 } });
      expect(sandbox.ledger.sends).toEqual([]);
    });

    describe('the subscription check', () => {
      const channelOf = async (service: Service) => (await service.call('/v1/channels')).body['data'][0];

      it('makes X look again at a webhook that it found invalid', async () => {
        const service = await start(databaseUrl);
        await connectNajm(service);
        const [webhook] = sandbox.overview.webhooks();
        sandbox.webhooks.invalidate(webhook?.id ?? '');
        await tick(service, 'subscription-check');
        expect(sandbox.overview.webhooks()).toEqual([expect.objectContaining({ isValid: true })]);
        expect(await listRuns(databaseUrl, 'subscription-check')).toEqual([{ outcome: 'done', detail: { connected: 1, degraded: 0, revoked: 0 } }]);
      });

      it('subscribes again where the subscription has vanished, and events come again', async () => {
        const service = await start(databaseUrl);
        await connectNajm(service);
        expect(sandbox.webhooks.unsubscribe(NAJM.id)).toBe(1);
        await tick(service, 'subscription-check');
        const written = await sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'Anybody there?' });
        expect(written.delivery).toMatchObject({ status: 200 });
      });

      it('marks a channel whose tokens X refuses as revoked', async () => {
        const service = await start(databaseUrl);
        await connectNajm(service);
        // The account withdraws the app's access while nobody hears X say so.
        sandbox.faults.add({ kind: 'delivery-drop', route: 'delivery', times: null, participant: null, delayMs: null, status: null, code: null, message: null, body: null });
        await sandbox.people.revoke(NAJM.id);
        expect(await channelOf(service)).toMatchObject({ status: 'connected' });
        await tick(service, 'subscription-check');
        expect(await channelOf(service)).toMatchObject({ status: 'revoked' });
        expect(await listRuns(databaseUrl, 'subscription-check')).toEqual([{ outcome: 'done', detail: { connected: 0, degraded: 0, revoked: 1 } }]);
      });

      it('calls a channel degraded while X does not answer, and connected when it does', async () => {
        const service = await start(databaseUrl);
        await connectNajm(service);
        const outage = sandbox.faults.add({ kind: 'status', route: 'any', times: null, participant: null, delayMs: null, status: 503, code: null, message: null, body: null });
        await tick(service, 'subscription-check');
        expect(await channelOf(service)).toMatchObject({ status: 'degraded' });
        sandbox.faults.remove(outage.id);
        clock.advance(20 * DAY_MS);
        await tick(service, 'subscription-check');
        expect(await channelOf(service)).toMatchObject({ status: 'connected' });
      });
    });

    it('forgets idempotency keys after 7 days, records of runs after 7 days, and nothing younger', async () => {
      const service = await start(databaseUrl);
      await connectNajm(service);
      const send = (key: string, text: string) => service.call('/v1/messages', { body: textTo(text), headers: { 'idempotency-key': key } });
      const [old] = [await send('old', 'first')];
      await tick(service, 'expired-windows');
      clock.advance(DAY_MS);
      await send('younger', 'second');
      await tick(service, 'webhook-backlog');
      const keys = async () => (await queryDatabase<{ key: string }>(databaseUrl, 'SELECT key FROM idempotency_keys')).map(({ key }) => key);

      clock.advance(6 * DAY_MS - 1);
      expect((await send('old', 'first')).text).toBe(old.text);
      clock.advance(2);
      await tick(service, 'clean-up');
      expect(await keys()).toEqual(['younger']);
      expect(await listRuns(databaseUrl, 'clean-up')).toEqual([{ outcome: 'done', detail: expect.objectContaining({ idempotencyKeys: 1, jobRuns: 1 }) as unknown }]);
      expect(await listRuns(databaseUrl, 'expired-windows')).toEqual([]);
      expect(await listRuns(databaseUrl, 'webhook-backlog')).toHaveLength(1);
      // A key that is forgotten is a new one.
      expect((await send('old', 'first')).body['id']).not.toBe(old.body['id']);
    });
  });

  onEngine('postgres', (engine) => {
    it('runs each tick on one instance of two', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const both = [await start(databaseUrl), await start(databaseUrl)];
      let runs = 0;
      for (const { app } of both) {
        const job = app.get(ExpiredWindowsJob, { strict: false });
        const run = job.run.bind(job);
        job.run = () => {
          runs += 1;
          return run();
        };
      }
      const TICKS = 20;
      for (let n = 0; n < TICKS; n += 1) {
        await Promise.all(both.map((service) => tick(service, 'expired-windows')));
        clock.advance(20 * DAY_MS);
      }
      expect(runs).toBe(TICKS);
      expect(await listRuns(databaseUrl, 'expired-windows')).toHaveLength(TICKS);
    });
  });
});
