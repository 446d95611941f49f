import type { MigrationInterface, QueryRunner } from 'typeorm';
import { count, createTable, flag, id, instant, text } from './column-types.migration.js';

/** Files that teams give us to send, which messages they are in, and what X has of them. */
export class Media1 implements MigrationInterface {
  readonly name = 'Media1796100000001';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'uploads',
      [id(), text('team'), text('key_id'), text('kind'), text('content_type'), count('size_bytes'), flag('is_shared'), text('folder_id'), instant('created_at'), instant('expires_at')],
      [{ name: 'uploads_by_end', columns: ['expires_at'] }],
    );
    await createTable(
      runner,
      'upload_uses',
      [id('upload_id'), id('message_id'), text('conversation_id')],
      [
        { name: 'upload_uses_by_message', columns: ['message_id'] },
        { name: 'upload_uses_by_conversation', columns: ['conversation_id'] },
      ],
    );
    await createTable(runner, 'media_at_x', [id('upload_id'), id('used_by'), text('x_media_id'), instant('usable_until')], [{ name: 'media_at_x_by_end', columns: ['usable_until'] }]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('media_at_x');
    await runner.dropTable('upload_uses');
    await runner.dropTable('uploads');
  }
}
