import { Recoveries } from '../../src/channels/recovery/recoveries.service.js';
import { IncomingMessages } from '../../src/messaging/incoming/incoming-messages.service.js';
import { RecoveryJob } from '../../src/messaging/recovery/recovery.job.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { NAJM, RANIA } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, connectNajm, NAJM_CHANNEL, type Service, startBoth } from './service.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** The test alone runs the jobs. */
const BY_HAND = Object.fromEntries(['RECOVERY', 'SUBSCRIPTION_CHECK'].map((name) => [`TWITTER_CHANNEL__TIMETABLE__${name}_MS`, '1728000000']));

describe('Whose turn it is to read X’s history, and what it leaves to others', () => {
  forEachEngine((engine) => {
    let clock: ManualClock;
    let both: Both;
    let service: Service;
    let recoveries: Recoveries;

    beforeEach(async () => {
      clock = new ManualClock();
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: BY_HAND });
      service = both.service;
      recoveries = service.app.get(Recoveries, { strict: false });
    });
    afterEach(() => both.stop());

    const recover = () => service.app.get(RecoveryJob).run();
    const connect = async (): Promise<string> => {
      const { id } = await connectNajm(service);
      await recover();
      clock.advance(HOUR_MS);
      return id;
    };
    const miss = (text: string) => both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text, deliver: false });
    const inbound = async () => (await service.call('/v1/messages?direction=inbound&limit=100')).body['data'].map(({ content, recovered }) => [content.text, recovered]);
    const lists = () => both.sandbox.ledger.requests.filter(({ path }) => path.includes('events/list')).length;
    const take = async (id: string) => {
      const pass = await recoveries.take(id);
      if (pass === null) throw new Error('It is not to be had');
      return pass;
    };

    it('is one reader’s at a time, also when a gap is noted while it reads', async () => {
      const id = await connect();
      await take(id);
      await recoveries.noteGap([id]);
      expect(await recoveries.take(id)).toBeNull();
      expect(await recoveries.listDue()).toEqual([]);
    });

    it('is free again when its reader is gone for five minutes, and that one, when it comes back, changes nothing any more', async () => {
      const id = await connect();
      const frozen = await take(id);
      clock.advance(5 * MINUTE_MS);
      const pass = { ...(await take(id)), cursor: 'further on' };
      await recoveries.noteProgress(pass, 0);
      await recoveries.noteProgress({ ...frozen, cursor: 'far behind' }, 0);
      await recoveries.complete(frozen, clock.now(), 0);
      const [row] = await queryDatabase<{ cursor: string }>(both.databaseUrl, 'SELECT cursor FROM recoveries');
      expect(row?.cursor).toBe('further on');
    });

    it('comes at once after a pass during which a gap was noted, also when the pass was interrupted since', async () => {
      const id = await connect();
      const pass = await take(id);
      clock.advance(SECOND_MS);
      await recoveries.noteGap([id]);
      await recoveries.postpone(pass, clock.now() + MINUTE_MS);
      clock.advance(MINUTE_MS);
      await recoveries.complete(await take(id), clock.now() + HOUR_MS, 0);
      expect(await recoveries.listDue()).toEqual([id]);
      await recoveries.complete(await take(id), clock.now() + HOUR_MS, 0);
      expect(await recoveries.listDue()).toEqual([]);
    });

    it('does not reach back before the channel was made', async () => {
      await miss('before');
      clock.advance(MINUTE_MS);
      await service.call('/v1/channels', { body: NAJM_CHANNEL }).then(({ body }) => service.call(`/v1/channels/${body.id}/connect`, { method: 'POST' }));
      await miss('after');
      await recover();
      clock.advance(HOUR_MS);
      await recover();
      expect(await inbound()).toEqual([['after', true]]);
    });

    it('leaves a message that has just been written to the webhook, unless there was a gap', async () => {
      const id = await connect();
      const { eventId } = await miss('on its way');
      await recover();
      expect(await inbound()).toEqual([]);
      await both.sandbox.conversations.redeliver(eventId);
      await eventually(async () => expect(await inbound()).toEqual([['on its way', false]]), 'it is told');
      await miss('in the gap');
      await recoveries.noteGap([id]);
      await recover();
      expect((await inbound()).sort()).toEqual([['in the gap', true], ['on its way', false]]);
    });

    it('is no reason to wait for a message that cannot be recorded: those beside it are, and it is set aside after five tries', async () => {
      const id = await connect();
      for (const text of ['one', 'broken', 'three']) await miss(text);
      await recoveries.noteGap([id]);
      const incoming = service.app.get(IncomingMessages, { strict: false });
      const record = incoming.record.bind(incoming);
      jest.spyOn(incoming, 'record').mockImplementation((channel, told, ...rest) => (told.text === 'broken' ? Promise.reject(new Error('broken on purpose')) : record(channel, told, ...rest)));
      for (let tries = 1; tries <= 5; tries += 1) {
        await recover();
        expect(await inbound()).toEqual([['three', true], ['one', true]]);
        expect(lists()).toBe(1 + tries);
        // X's budget has a read by then.
        clock.advance(2 * MINUTE_MS);
      }
      await recover();
      expect(lists()).toBe(1 + 5);
    });

    it('ends in the middle of a pass with the account’s access, and X is asked nothing more', async () => {
      const id = await connect();
      for (let n = 0; n < 120; n += 1) await miss(`missed ${n}`);
      await recoveries.noteGap([id]);
      const before = lists();
      const noteProgress = recoveries.noteProgress.bind(recoveries);
      jest.spyOn(recoveries, 'noteProgress').mockImplementationOnce(async (...args) => {
        await both.sandbox.people.revoke(NAJM.id);
        const isRevoked = async () => expect((await service.call(`/v1/channels/${id}`)).body.status).toBe('revoked');
        await eventually(isRevoked, 'we know of it');
        return noteProgress(...args);
      });
      expect(await recover()).toMatchObject({ pages: 1 });
      clock.advance(HOUR_MS);
      await recoveries.noteGap([id]);
      expect(await recover()).toMatchObject({ channels: 0 });
      expect(lists() - before).toBe(1);
    });
  });
});
