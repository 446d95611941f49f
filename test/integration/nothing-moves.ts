import { WebhookProcessor } from '../../src/webhook/webhook-processor.service.js';
import { queryDatabase } from '../e2e/database.js';
import type { Both } from '../e2e/service.js';
import { eventually } from '../support/eventually.js';

/** Resolves once all that can happen at this moment of the clock has happened, at X and here. */
export async function nothingMoves({ sandbox, service, databaseUrl }: Both, now: number): Promise<void> {
  const count = async (what: string): Promise<number> => Number((await queryDatabase<{ n: number }>(databaseUrl, `SELECT count(*) AS n FROM ${what}`))[0]?.n);
  await sandbox.whenIdle();
  await service.app.get(WebhookProcessor, { strict: false }).processBacklog();
  await eventually(async () => {
    expect({
      moving: await count(`messages WHERE status IN ('queued', 'claimed', 'sending') OR (status = 'held' AND next_attempt_at <= ${now})`),
      places: await count(`limit_subjects WHERE release_at <= ${now}`),
      unread: await count("webhook_events WHERE status = 'received'"),
    }).toEqual({ moving: 0, places: 0, unread: 0 });
  }, 'nothing moves', { withinMs: 10_000, everyMs: 5 });
  await sandbox.whenIdle();
}
