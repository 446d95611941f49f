import type { MigrationInterface, QueryRunner } from 'typeorm';
import { count, createTable, id, instant, text } from './column-types.migration.js';

const NULLABLE = { nullable: true };

/** What keeps a channel alive: its checks, the webhooks that are ours, whose turn it is at X, what is to be read back, calls to X. */
export class Channels2 implements MigrationInterface {
  readonly name = 'Channels1795700000001';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'channel_health', [id('channel_id'), text('checks'), instant('last_event_at', NULLABLE), instant('last_check_at', NULLABLE), instant('probed_at', NULLABLE)]);
    await createTable(runner, 'channel_hours', [id('channel_id'), { ...instant('hour_at'), isPrimary: true }, count('events')]);
    await createTable(runner, 'webhooks', [
      id('webhook_key'),
      text('x_webhook_id', NULLABLE),
      instant('last_crc_at', NULLABLE),
      count('failures'),
      instant('revalidate_at', NULLABLE),
      text('last_failure', NULLABLE),
      instant('new_secret_seen_at', NULLABLE),
    ]);
    await createTable(runner, 'connection_turns', [id('app_fingerprint'), text('owner', NULLABLE), instant('until')]);
    await createTable(
      runner,
      'recoveries',
      [
        id('channel_id'),
        instant('due_at'),
        instant('gap_at', NULLABLE),
        instant('taken_until', NULLABLE),
        instant('complete_until'),
        instant('pass_since', NULLABLE),
        instant('pass_until', NULLABLE),
        text('cursor', NULLABLE),
        instant('recovered_at', NULLABLE),
        count('recovered'),
      ],
      [{ name: 'recoveries_due', columns: ['due_at'] }],
    );
    await createTable(runner, 'x_call_budgets', [id('subject'), text('calls'), instant('closed_until', NULLABLE)]);
    await runner.dropTable('history_budgets');
    await runner.query("INSERT INTO channel_health (channel_id, checks) SELECT id, '[]' FROM channels");
    // Nothing was read back before: all that X still has of the time since the channel was made.
    await runner.query('INSERT INTO recoveries (channel_id, due_at, complete_until, recovered) SELECT id, 0, created_at, 0 FROM channels');
  }

  async down(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'history_budgets', [id('account_id'), text('reads'), instant('closed_until', NULLABLE)]);
    for (const table of ['x_call_budgets', 'recoveries', 'connection_turns', 'webhooks', 'channel_hours', 'channel_health']) {
      await runner.dropTable(table);
    }
  }
}
