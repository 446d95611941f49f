import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, id, instant, text } from './column-types.migration.js';

export class Webhook1 implements MigrationInterface {
  readonly name = 'Webhook1795340000003';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'webhook_events',
      [
        id(),
        text('webhook_key'),
        instant('received_at'),
        text('encoding'),
        text('body'),
        text('status'),
        text('detail', { nullable: true }),
        instant('processed_at', { nullable: true }),
      ],
      [
        // Only what is still to be done is in it, so that finding it stays quick however many events are kept.
        { name: 'webhook_events_to_process', columns: ['id'], where: "status = 'received'" },
      ],
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('webhook_events');
  }
}
