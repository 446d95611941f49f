import type { MigrationInterface, QueryRunner } from 'typeorm';
import { count, createTable, id, instant, text } from './column-types.migration.js';

export class AccessKeys1 implements MigrationInterface {
  readonly name = 'AccessKeys1795340000001';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'api_keys', [
      id(),
      text('team'),
      text('secret_hash'),
      text('pepper_id'),
      text('scopes'),
      instant('created_at'),
      instant('expires_at', { nullable: true }),
      instant('revoked_at', { nullable: true }),
    ]);
    await createTable(
      runner,
      'idempotency_keys',
      [
        id('team'),
        id('key'),
        text('fingerprint'),
        text('state'),
        instant('lease_until'),
        { ...count('status'), isNullable: true },
        text('headers', { nullable: true }),
        text('body', { nullable: true }),
        text('encryption_key_id', { nullable: true }),
        instant('created_at'),
        instant('expires_at'),
      ],
      [{ name: 'idempotency_keys_by_expiry', columns: ['expires_at'] }],
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('idempotency_keys');
    await runner.dropTable('api_keys');
  }
}
