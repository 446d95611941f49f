import { WebhookProcessor } from '../../src/webhook/webhook-processor.service.js';
import { queryDatabase } from '../e2e/database.js';
import type { Both } from '../e2e/service.js';
import { eventually } from '../support/eventually.js';

/** Resolves once all that can happen at this moment of the clock has happened, at X and here. */
export async function nothingMoves({ sandbox, service, databaseUrl }: Both, now: number): Promise<void> {
  await sandbox.whenIdle();
  await service.app.get(WebhookProcessor, { strict: false }).processBacklog();
  // One statement: between two, something may go from where the second looks to where the first has looked.
  const open = `SELECT (SELECT count(*) FROM conversations WHERE lease_owner IS NOT NULL OR head_at <= ${now})
    + (SELECT count(*) FROM limit_subjects WHERE release_at <= ${now}) + (SELECT count(*) FROM webhook_events WHERE status = 'received') AS n`;
  await eventually(async () => expect(Number((await queryDatabase<{ n: number }>(databaseUrl, open))[0]?.n)).toBe(0), 'nothing moves', { withinMs: 10_000, everyMs: 5 });
  await sandbox.whenIdle();
}
