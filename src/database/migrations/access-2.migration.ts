import type { MigrationInterface, QueryRunner } from 'typeorm';
import { count, createTable, id, instant, text } from './column-types.migration.js';

const NULLABLE = { nullable: true };

/** Keys of some channels, when each was used last, and who changed what. */
export class Access2 implements MigrationInterface {
  readonly name = 'Access1795800000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE api_keys ADD COLUMN channel_ids text');
    await runner.query('ALTER TABLE api_keys ADD COLUMN last_used_at bigint');
    await createTable(
      runner,
      'audit_log',
      [
        id(),
        count('seq'),
        instant('at'),
        text('key_id'),
        text('team', NULLABLE),
        text('action'),
        text('target'),
        text('fields'),
        text('request_id', NULLABLE),
        text('address', NULLABLE),
        text('previous_hash'),
        text('hash'),
      ],
      [{ name: 'audit_log_in_order', columns: ['seq'], isUnique: true }],
    );
    await createTable(runner, 'audit_head', [id(), count('seq'), text('hash')]);
    await runner.query(`INSERT INTO audit_head (id, seq, hash) VALUES ('head', 0, '${'0'.repeat(64)}')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('audit_head');
    await runner.dropTable('audit_log');
    await runner.query('ALTER TABLE api_keys DROP COLUMN last_used_at');
    await runner.query('ALTER TABLE api_keys DROP COLUMN channel_ids');
  }
}
