import type { MigrationInterface, QueryRunner } from 'typeorm';
import { count, createTable, flag, id, instant, text } from './column-types.migration.js';

const NULLABLE = { nullable: true };
const EVENT_COLUMNS = ['id', 'team', 'channel_id', 'type', 'data', 'occurred_at', 'created_at'].join(', ');

/** What teams are told gets an order, receivers and a record of how each was told. */
export class Callbacks1 implements MigrationInterface {
  readonly name = 'Callbacks1795800000001';

  async up(runner: QueryRunner): Promise<void> {
    await setAside(runner);
    await createTable(
      runner,
      'team_events',
      [
        id(),
        text('team'),
        text('channel_id', NULLABLE),
        text('conversation_id', NULLABLE),
        { ...count('sequence'), isNullable: true },
        text('type'),
        text('data'),
        instant('occurred_at'),
        text('request_id', NULLABLE),
        instant('created_at'),
        instant('position', NULLABLE),
      ],
      [
        { name: 'team_events_unpublished', columns: ['id'], where: 'position IS NULL' },
        { name: 'team_events_by_position', columns: ['team', 'position'] },
        { name: 'team_events_by_conversation', columns: ['conversation_id'] },
      ],
    );
    // Told of to nobody so far: they become the first of the feed.
    await runner.query(`INSERT INTO team_events (${EVENT_COLUMNS}) SELECT ${EVENT_COLUMNS} FROM team_events_before`);
    await runner.query('DROP TABLE team_events_before');
    await runner.query('ALTER TABLE messages ADD COLUMN request_id text');
    await createTable(runner, 'event_sequences', [id('conversation_id'), count('last')]);
    await createTable(runner, 'event_stream', [id(), instant('last_position')]);
    await runner.query("INSERT INTO event_stream (id, last_position) VALUES ('events', 0)");
    await createTable(
      runner,
      'callbacks',
      [
        id(),
        text('team'),
        text('url'),
        text('events'),
        text('channel_ids', NULLABLE),
        flag('is_enabled'),
        text('disabled_reason', NULLABLE),
        instant('failing_since', NULLABLE),
        instant('paused_until', NULLABLE),
        text('secret'),
        text('encryption_key_id'),
        instant('secret_created_at'),
        text('old_secret', NULLABLE),
        text('old_encryption_key_id', NULLABLE),
        instant('old_secret_until', NULLABLE),
        instant('created_at'),
        instant('updated_at'),
      ],
      [{ name: 'callbacks_by_team', columns: ['team', 'id'] }],
    );
    await createTable(
      runner,
      'deliveries',
      [
        id(),
        text('team'),
        text('callback_id'),
        text('event_id'),
        text('event_type'),
        text('channel_id', NULLABLE),
        text('status'),
        count('tries'),
        instant('next_attempt_at', NULLABLE),
        text('attempts'),
        instant('created_at'),
        instant('ended_at', NULLABLE),
      ],
      [
        { name: 'deliveries_due', columns: ['callback_id', 'next_attempt_at'], where: 'next_attempt_at IS NOT NULL' },
        { name: 'deliveries_by_callback', columns: ['callback_id', 'id'] },
        { name: 'deliveries_by_team', columns: ['team', 'id'] },
        { name: 'deliveries_by_event', columns: ['event_id'] },
      ],
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['deliveries', 'callbacks', 'event_stream', 'event_sequences']) {
      await runner.dropTable(table);
    }
    await runner.query('ALTER TABLE messages DROP COLUMN request_id');
    await setAside(runner);
    await createTable(
      runner,
      'team_events',
      [id(), text('team'), text('channel_id'), text('type'), text('data'), instant('occurred_at'), instant('created_at')],
      [{ name: 'team_events_by_team', columns: ['team', 'id'] }],
    );
    await runner.query(`INSERT INTO team_events (${EVENT_COLUMNS}) SELECT ${EVENT_COLUMNS} FROM team_events_before WHERE channel_id IS NOT NULL`);
    await runner.query('DROP TABLE team_events_before');
  }
}

/** Neither engine changes a column in place as the other does, and PostgreSQL would keep the name of a renamed table's key. */
async function setAside(runner: QueryRunner): Promise<void> {
  await runner.query('CREATE TABLE team_events_before AS SELECT * FROM team_events');
  await runner.dropTable('team_events');
}
