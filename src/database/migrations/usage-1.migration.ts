import type { MigrationInterface, QueryRunner } from 'typeorm';
import { count, createTable, id, text } from './column-types.migration.js';

/** What X may charge for, and over which API each message was handed to it. */
export class Usage1 implements MigrationInterface {
  readonly name = 'Usage1796100000002';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'usage_log',
      [id(), text('channel_id'), text('day'), text('api'), text('kind'), count('count')],
      [{ name: 'usage_log_of_channel', columns: ['channel_id', 'day', 'kind'] }],
    );
    await createTable(runner, 'daily_caps', [id('channel_id')]);
    // Not `addColumn`: on SQLite it would copy the whole table.
    await runner.query('ALTER TABLE attempts ADD COLUMN api text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attempts DROP COLUMN api');
    await runner.dropTable('daily_caps');
    await runner.dropTable('usage_log');
  }
}
