import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which messages one long text became. */
export class Messaging4 implements MigrationInterface {
  readonly name = 'Messaging1796000000001';

  async up(runner: QueryRunner): Promise<void> {
    // Not `addColumn`: on SQLite it would copy the whole table.
    await runner.query('ALTER TABLE messages ADD COLUMN parts text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE messages DROP COLUMN parts');
  }
}
