import { type MigrationInterface, type QueryRunner, TableIndex } from 'typeorm';
import { createTable, id, instant, text } from './column-types.migration.js';

const NULLABLE = { nullable: true };

export class RatePolicy1 implements MigrationInterface {
  readonly name = 'RatePolicy1795520000001';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'limit_uses',
      [id('message_id'), text('account_id'), text('app_fingerprint'), instant('counted_at'), instant('began_at', NULLABLE)],
      [
        // Each holds all that counting needs, so that the rows themselves are not read.
        { name: 'limit_uses_by_account', columns: ['account_id', 'counted_at', 'began_at'] },
        { name: 'limit_uses_by_app', columns: ['app_fingerprint', 'counted_at', 'account_id', 'began_at'] },
        { name: 'limit_uses_by_age', columns: ['counted_at'] },
      ],
    );
    await createTable(
      runner,
      'limit_subjects',
      [
        id(),
        text('app_fingerprint'),
        text('corrections'),
        text('told'),
        instant('stop_until', NULLABLE),
        instant('counted_stop_until', NULLABLE),
        text('stop_probe', NULLABLE),
        instant('release_at', NULLABLE),
      ],
      [{ name: 'limit_subjects_with_others_waiting', columns: ['release_at'], where: 'release_at IS NOT NULL' }],
    );
    await createTable(runner, 'start_permissions', [id('channel_id'), id('participant_id'), text('permission'), instant('said_at')], [
      { name: 'start_permissions_by_age', columns: ['said_at'] },
    ]);
    await createTable(
      runner,
      'team_events',
      [id(), text('team'), text('channel_id'), text('type'), text('data'), instant('occurred_at'), instant('created_at')],
      [{ name: 'team_events_by_team', columns: ['team', 'id'] }],
    );
    // Not `addColumn`: on SQLite it would copy the whole table. TypeORM expects SQLite's 0.
    const no = runner.connection.options.type === 'sqlite' ? '0' : 'false';
    await runner.query(`ALTER TABLE messages ADD COLUMN starts_conversation boolean NOT NULL DEFAULT ${no}`);
    await runner.createIndex(
      'messages',
      new TableIndex({
        name: 'messages_waiting_for_a_place',
        columnNames: ['channel_id', 'starts_conversation', 'id'],
        where: "status = 'held' AND held_because = 'rate-limit' AND next_attempt_at IS NULL",
      }),
    );
    await runner.createIndex(
      'messages',
      new TableIndex({ name: 'messages_to_expire', columnNames: ['valid_until'], where: "status IN ('queued', 'held') AND valid_until IS NOT NULL" }),
    );
    // Conditions that SQLite sees in a query whose status is a parameter: it takes `next_attempt_at <= ?` for NOT NULL, and no more.
    await runner.dropIndex('messages', 'messages_to_send');
    await runner.createIndex('messages', new TableIndex({ name: 'messages_due', columnNames: ['next_attempt_at'], where: 'next_attempt_at IS NOT NULL' }));
    await runner.createIndex('messages', new TableIndex({ name: 'messages_claimed', columnNames: ['claimed_until'], where: 'claimed_until IS NOT NULL' }));
    // What was sent after an inbound message of which we learn late.
    await runner.createIndex('messages', new TableIndex({ name: 'messages_by_x_time', columnNames: ['conversation_id', 'x_created_at'] }));
    await runner.createIndex(
      'messages',
      new TableIndex({ name: 'messages_held', columnNames: ['channel_id'], where: "status = 'held'" }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('messages', 'messages_held');
    await runner.dropIndex('messages', 'messages_by_x_time');
    await runner.dropIndex('messages', 'messages_claimed');
    await runner.dropIndex('messages', 'messages_due');
    await runner.createIndex(
      'messages',
      new TableIndex({ name: 'messages_to_send', columnNames: ['next_attempt_at'], where: "status IN ('queued', 'held', 'claimed', 'sending')" }),
    );
    await runner.dropIndex('messages', 'messages_to_expire');
    await runner.dropIndex('messages', 'messages_waiting_for_a_place');
    await runner.query('ALTER TABLE messages DROP COLUMN starts_conversation');
    await runner.dropTable('team_events');
    await runner.dropTable('start_permissions');
    await runner.dropTable('limit_subjects');
    await runner.dropTable('limit_uses');
  }
}
