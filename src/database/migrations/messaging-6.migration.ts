import { type MigrationInterface, type QueryRunner, TableIndex } from 'typeorm';

/** What X has of us in a conversation since a time, which every inbound message asks. */
export class Messaging6 implements MigrationInterface {
  readonly name = 'Messaging1796300000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createIndex('messages', new TableIndex({ name: 'messages_outbound', columnNames: ['conversation_id', 'x_created_at'], where: "direction = 'outbound'" }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('messages', 'messages_outbound');
  }
}
