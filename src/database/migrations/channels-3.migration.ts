import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which channels X takes no paid calls of, which lines they had before, and the queue of messages that wait for their channel. */
export class Channels3 implements MigrationInterface {
  readonly name = 'Channels1796100000001';

  async up(runner: QueryRunner): Promise<void> {
    // Not `addColumn`: on SQLite it would copy the whole table.
    await runner.query('ALTER TABLE channels ADD COLUMN credits_stop text');
    await runner.query("ALTER TABLE channels ADD COLUMN former_lines text NOT NULL DEFAULT '[]'");
    await runner.query(
      `CREATE INDEX messages_wait_for_channel ON messages (channel_id, id)
       WHERE status = 'held' AND next_attempt_at IS NULL AND held_because IN ('credits-depleted', 'daily-cap')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX messages_wait_for_channel');
    await runner.query('ALTER TABLE channels DROP COLUMN former_lines');
    await runner.query('ALTER TABLE channels DROP COLUMN credits_stop');
  }
}
