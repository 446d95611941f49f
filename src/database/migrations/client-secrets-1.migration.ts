import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Client secrets of OAuth 2.0 are rotated as consumer secrets are: X is to be seen signing with the new one. */
export class ClientSecrets1 implements MigrationInterface {
  readonly name = 'ClientSecrets1796200000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhooks ADD COLUMN new_client_secret_seen_at bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhooks DROP COLUMN new_client_secret_seen_at');
  }
}
