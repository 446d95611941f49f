import { Reader } from '../../src/database/reader.service.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { LimitRelease } from '../../src/messaging/outbox/limit-release.service.js';
import type { Both } from '../e2e/service.js';
import { eventually } from '../support/eventually.js';

/** One statement, so that nothing passes from one count to another meanwhile. */
const STILL_OPEN = `
  SELECT (SELECT count(*) FROM webhook_events WHERE status = 'received')
       + (SELECT count(*) FROM limit_subjects WHERE release_at <= :now)
       + (SELECT count(*) FROM messages WHERE status = 'unknown')
       + (SELECT count(*) FROM conversations WHERE lease_owner IS NOT NULL OR head_at <= :now) AS open`;

/** Resolves once nothing is left that could happen at this moment of the clock, at X and here. */
export async function allSettled({ sandbox, service }: Pick<Both, 'sandbox' | 'service'>, now: number): Promise<void> {
  const [reader, dispatcher, release] = [service.app.get(Reader), service.app.get(Dispatcher, { strict: false }), service.app.get(LimitRelease, { strict: false })];
  await eventually(
    async () => {
      await sandbox.whenIdle();
      // At once, not at the next poll.
      await release.run();
      dispatcher.wake();
      const [row] = await reader.manager.query<{ open: number | string }[]>(STILL_OPEN.replaceAll(':now', String(now)));
      expect(Number(row?.open)).toBe(0);
    },
    'all is settled',
    { withinMs: 10_000, everyMs: 2 },
  );
}
