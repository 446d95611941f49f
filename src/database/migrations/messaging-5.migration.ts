import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, id, instant, text } from './column-types.migration.js';

/** What channels greet people with. */
export class Messaging5 implements MigrationInterface {
  readonly name = 'Messaging1796000000002';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'welcome_messages', [id('channel_id'), text('x_welcome_message_id'), text('content'), instant('updated_at')]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('welcome_messages');
  }
}
