import type { EntityManager } from 'typeorm';
import type { Channel } from '../../src/channels/channel.js';
import { Channels } from '../../src/channels/channels.service.js';
import { RowWrites } from '../../src/database/rows.service.js';
import { Clock } from '../../src/kernel/clock.js';
import { type Obstacle, SendObstacles } from '../../src/messaging/acceptance/send-obstacles.service.js';
import { dayOf } from '../../src/usage/usage.js';
import { UsageLog } from '../../src/usage/usage-log.service.js';
import { NAJM } from '../e2e/cast.js';
import { queryDatabase } from '../e2e/database.js';
import { NAJM_CHANNEL } from '../e2e/service.js';
import { onEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { type Storage, startStorage } from './storage.js';

describe('The last place of a day', () => {
  onEngine('postgres', (engine) => {
    let instances: [Storage, Storage];
    let channel: Channel;

    beforeAll(async () => {
      const first = await startStorage(engine);
      instances = [first, await startStorage(engine, { databaseUrl: first.databaseUrl })];
      const wanted = { ...NAJM_CHANNEL, team: 'default', isDeclaredInConfig: false, eventsApi: 'account-activity-premium' as const, messagesApi: 'v1.1' as const, policy: { dailyCap: 1 } };
      channel = await first.service.app.get(Channels, { strict: false }).create(wanted, { id: NAJM.id, username: NAJM.username, name: 'Najm', accessLevel: 'read-write-directmessages' });
    });
    afterAll(() => Promise.all(instances.map(({ service }) => service.stop())));

    const leave = ({ service: { app } }: Storage, manager: EntityManager): Promise<Obstacle | null> =>
      app.get(SendObstacles, { strict: false }).find(manager, channel, { messageId: 'msg_1', goBefore: 0 });

    it('is one message’s: another instance waits until it is known whether that one leaves, and then finds the day full', async () => {
      const [one, other] = instances;
      const found: (Obstacle | null)[] = [];
      const seconds: Promise<void>[] = [];
      await one.unitOfWork.run(async (manager) => {
        expect(await leave(one, manager)).toBeNull();
        seconds.push(other.unitOfWork.run(async (its) => void found.push(await leave(other, its))));
        await eventually(async () => {
          expect(await queryDatabase(one.databaseUrl, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%daily_caps%'")).toHaveLength(1);
        }, 'the other one waits');
        const writes = new RowWrites(manager);
        const { app } = one.service;
        app.get(UsageLog, { strict: false }).add(writes, [{ channelId: channel.id, api: 'v1.1', kind: 'message-sent', day: dayOf(app.get(Clock, { strict: false }).now()), count: 1 }]);
        await writes.flush();
        expect(found).toEqual([]);
      });
      await Promise.all(seconds);
      expect(found).toEqual([expect.objectContaining({ because: 'daily-cap' })]);
    });
  });
});
