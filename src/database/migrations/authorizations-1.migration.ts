import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, id, instant, text } from './column-types.migration.js';

const NULLABLE = { nullable: true };

/** Sign-ins at X that are under way or over. */
export class Authorizations1 implements MigrationInterface {
  readonly name = 'Authorizations1795700000003';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'authorizations',
      [
        id(),
        text('team'),
        text('token_hash'),
        text('sealed'),
        text('encryption_key_id'),
        text('outcome', NULLABLE),
        text('channel_id', NULLABLE),
        text('failure', NULLABLE),
        instant('created_at'),
        instant('expires_at'),
        instant('used_at', NULLABLE),
      ],
      [
        { name: 'authorizations_one_per_token', columns: ['token_hash'], isUnique: true },
        { name: 'authorizations_by_age', columns: ['expires_at'] },
      ],
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('authorizations');
  }
}
