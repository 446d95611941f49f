import { Recoveries } from '../../src/channels/recovery/recoveries.service.js';
import { IncomingMessages } from '../../src/messaging/incoming/incoming-messages.service.js';
import { RecoveryJob } from '../../src/messaging/recovery/recovery.job.js';
import { forEachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { NAJM, RANIA } from './cast.js';
import { type Both, connectNajm, type Service, startBoth } from './service.js';

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
  });
});
