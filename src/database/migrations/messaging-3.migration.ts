import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which messages were read back from X's history because the webhook had not told of them. */
export class Messaging3 implements MigrationInterface {
  readonly name = 'Messaging1795700000002';

  async up(runner: QueryRunner): Promise<void> {
    // Not `addColumn`: on SQLite it would copy the whole table. TypeORM expects SQLite's 0.
    const no = runner.connection.options.type === 'sqlite' ? '0' : 'false';
    await runner.query(`ALTER TABLE messages ADD COLUMN is_recovered boolean NOT NULL DEFAULT ${no}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE messages DROP COLUMN is_recovered');
  }
}
