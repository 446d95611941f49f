import { SubscriptionCheckJob } from '../../src/channels/connection/subscription-check.job.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import type { AnswerBody } from './answers.js';
import { queryDatabase } from './database.js';
import { type Both, connectNajm, type Service, startBoth } from './service.js';
import { deliver, inboundBody } from './x-webhook.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('A channel that X tells nothing of', () => {
  let clock: ManualClock;
  let both: Both;
  let service: Service;
  let channel: AnswerBody;

  beforeEach(async () => {
    clock = new ManualClock();
    both = await startBoth({ clock });
    service = both.service;
    channel = await connectNajm(service);
  });
  afterEach(() => both.stop());

  const check = () => service.app.get(SubscriptionCheckJob).run();
  const flow = async () => (await service.call(`/v1/channels/${channel['id']}/health`)).body['checks'].find(({ name }) => name === 'event-flow');
  const challenges = () => both.sandbox.ledger.requests.filter(({ method }) => method === 'PUT').length;
  let next = 2089623330616353717n;
  const hearOne = async (): Promise<void> => {
    const body = inboundBody({ id: String((next += 1n)), text: 'hello', createdAt: clock.now() });
    expect((await deliver(service, channel, body)).status).toBe(200);
    const at = new Date(clock.now()).toISOString();
    await eventually(async () => expect((await service.call(`/v1/channels/${channel['id']}/health`)).body['lastEventAt']).toBe(at), 'it is noted');
  };

  /** Eight events from 9 to 17 on each of so many days, and none on the last but what came by 11. */
  async function live(days: number): Promise<void> {
    for (let hour = 0; hour < days * 24; hour += 1) {
      const ofDay = new Date(clock.now()).getUTCHours();
      if (ofDay >= 9 && ofDay < 17) await hearOne();
      clock.advance(HOUR_MS);
    }
  }

  it('is told to be silent when that is unusual for the hour, is probed once, and is well again with the next event', async () => {
    clock.set(Date.UTC(2026, 0, 12));
    await live(5);
    clock.advance(9 * HOUR_MS);
    await hearOne();
    await check();
    expect(await flow()).toMatchObject({ ok: true });

    // The night before was as long, and usual.
    clock.advance(4 * HOUR_MS);
    await check();
    expect(await flow()).toMatchObject({ ok: true });

    clock.advance(HOUR_MS);
    both.sandbox.ledger.clear();
    await check();
    expect(await flow()).toMatchObject({ ok: false, detail: expect.stringMatching(/unusually long ago: in each of the last 5 days at least 5 events/) as string, remedy: expect.stringContaining('Write a direct message') as string });
    expect((await service.call(`/v1/channels/${channel['id']}`)).body['status']).toBe('connected');
    expect(challenges()).toBe(1);
    const [recovery] = await queryDatabase<{ due_at: number }>(both.databaseUrl, 'SELECT due_at FROM recoveries');
    expect(Number(recovery?.due_at)).toBeLessThanOrEqual(clock.now());

    clock.advance(5 * MINUTE_MS);
    await check();
    expect(challenges()).toBe(1);
    clock.advance(6 * HOUR_MS);
    await check();
    expect(challenges()).toBe(2);

    await hearOne();
    await check();
    expect(await flow()).toMatchObject({ ok: true, remedy: null });
  });

  it('counts every event in its hour, also those that come within a second', async () => {
    for (let n = 0; n < 5; n += 1) {
      await deliver(service, channel, inboundBody({ id: String((next += 1n)), text: 'hello', createdAt: clock.now() }));
    }
    await eventually(async () => expect((await service.call('/v1/messages?direction=inbound')).body['data']).toHaveLength(5), 'all are there');
    clock.advance(2_000);
    await hearOne();
    const rows = await queryDatabase<{ hour_at: number; events: number }>(both.databaseUrl, 'SELECT hour_at, events FROM channel_hours');
    expect(rows.map(({ events }) => Number(events))).toEqual([6]);
    expect(rows.every(({ hour_at: at }) => Number(at) % HOUR_MS === 0)).toBe(true);
  });
});
