import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, id, instant, text } from './column-types.migration.js';

/** That participants were erased. */
export class Retention1 implements MigrationInterface {
  readonly name = 'Retention1795800000002';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'erasures', [id('channel_id'), id('participant_hash'), text('pepper_id'), instant('erased_at')]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('erasures');
  }
}
