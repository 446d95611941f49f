import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, flag, id, instant, text } from './column-types.migration.js';

export class Channels1 implements MigrationInterface {
  readonly name = 'Channels1795340000002';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'channels',
      [
        id(),
        text('team'),
        text('name'),
        text('account_id'),
        text('account_username'),
        text('account_name'),
        text('app_fingerprint'),
        text('x_app_id', { nullable: true }),
        text('webhook_key'),
        text('events_api'),
        text('messages_api'),
        text('environment_name', { nullable: true }),
        text('connection'),
        text('connection_detail', { nullable: true }),
        flag('is_paused'),
        text('policy'),
        flag('is_declared_in_config'),
        instant('created_at'),
        instant('updated_at'),
      ],
      [
        // One X account is one channel, whoever asks: two would each answer the same person.
        { name: 'channels_one_per_account', columns: ['account_id'], isUnique: true },
        { name: 'channels_by_team', columns: ['team', 'id'] },
        { name: 'channels_by_webhook', columns: ['webhook_key'] },
      ],
    );
    await createTable(runner, 'channel_secrets', [
      id('channel_id'),
      id('name'),
      text('sealed'),
      text('encryption_key_id'),
      instant('updated_at'),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('channel_secrets');
    await runner.dropTable('channels');
  }
}
