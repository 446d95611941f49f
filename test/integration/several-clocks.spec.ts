import { DatabaseTime } from '../../src/database/database-time.service.js';
import { HOUR_MS, MINUTE_MS } from '../../src/kernel/duration.js';
import { SystemClock } from '../../src/runtime/system-clock.service.js';
import { connectNajm, hear, newcomer, type Service, startBoth, startService, textTo } from '../e2e/service.js';
import { onEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';

/** What two clocks may differ by: what a question to a database on this machine takes, when it is busy. */
const PRECISION_MS = 250;

describe('Instances whose machines do not agree on the time', () => {
  onEngine('postgres', (engine) => {
    const clocks = [-2 * HOUR_MS, 0, 26 * HOUR_MS].map((wrongByMs) => {
      const clock = new SystemClock();
      clock.moveBy(wrongByMs);
      return clock;
    });

    it('go by the database’s', async () => {
      const databaseUrl = await engine.createDatabaseUrl();
      const both = await startBoth({ databaseUrl, clock: clocks[0] });
      const others: Service[] = [];
      try {
        for (const clock of clocks.slice(1)) others.push(await startService({ databaseUrl, sandboxUrl: both.sandbox.url, clock }));
        for (const clock of clocks) expect(Math.abs(clock.now() - Date.now())).toBeLessThan(PRECISION_MS);
        await connectNajm(both.service);
        const participant = newcomer(both.sandbox);
        await hear(both, participant);
        // The window is open, and free, for all of them, until the same moment.
        const checks = await Promise.all([both.service, ...others].map((one) => one.call('/v1/messages/check', { body: textTo('Hello', participant) })));
        expect(new Set(checks.map(({ body }) => JSON.stringify([body['charge'], body['window']]))).size).toBe(1);
        expect(checks[0]?.body['charge']).toBe('reply');
        // A clock that is set wrong while the service runs is right after the next look.
        clocks[1]?.moveBy(90 * MINUTE_MS);
        await others[0]?.app.get(DatabaseTime, { strict: false }).keep();
        expect(Math.abs((clocks[1]?.now() ?? 0) - Date.now())).toBeLessThan(PRECISION_MS);
      } finally {
        await Promise.all(others.map((one) => one.stop()));
        await both.stop();
      }
    });

    it('leave a clock alone that a test moves', async () => {
      const clock = new ManualClock(1_000_000);
      const both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), clock });
      expect(clock.now()).toBe(1_000_000);
      await both.stop();
    });
  });

  onEngine('sqlite', (engine) => {
    it('are none on SQLite, whose one process has one clock', async () => {
      const clock = new SystemClock();
      clock.moveBy(HOUR_MS);
      const both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), clock });
      expect(Math.abs(clock.now() - HOUR_MS - Date.now())).toBeLessThan(PRECISION_MS);
      await both.stop();
    });
  });
});
