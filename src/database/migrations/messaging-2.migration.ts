import { type MigrationInterface, type QueryRunner, TableIndex } from 'typeorm';
import { createTable, id, instant, text } from './column-types.migration.js';

const NULLABLE = { nullable: true };
const UNDER_WAY = "('claimed', 'sending')";
const OPEN = "('queued', 'held', 'claimed', 'sending', 'unknown')";

/** The lease moves from the message to its conversation; attempts are told in full; unknown messages are looked up. */
export class Messaging2 implements MigrationInterface {
  readonly name = 'Messaging1795600000001';

  async up(runner: QueryRunner): Promise<void> {
    // Not `addColumn`: on SQLite it would copy the whole table each time.
    for (const column of ['head_id text', 'head_at bigint', 'lease_owner text', 'lease_until bigint', 'fence integer NOT NULL DEFAULT 0']) {
      await runner.query(`ALTER TABLE conversations ADD COLUMN ${column}`);
    }
    for (const column of ['accepted_charge text', 'unknown_at bigint', 'unknown_told_at bigint', 'look_ups integer NOT NULL DEFAULT 0', 'look_up_at bigint', 'blocks_until bigint']) {
      await runner.query(`ALTER TABLE messages ADD COLUMN ${column}`);
    }
    for (const column of ['claimed_at bigint', 'settled_at bigint', 'settled_by text']) {
      await runner.query(`ALTER TABLE attempts ADD COLUMN ${column}`);
    }
    await createTable(runner, 'message_steps', [id(), text('message_id'), instant('at'), text('kind'), text('detail')], [
      { name: 'message_steps_by_message', columns: ['message_id', 'id'] },
    ]);
    await createTable(runner, 'history_budgets', [id('account_id'), text('reads'), instant('closed_until', NULLABLE)]);
    await runner.createIndex('messages', new TableIndex({ name: 'messages_open', columnNames: ['conversation_id', 'seq'], where: `status IN ${OPEN}` }));
    await runner.createIndex('messages', new TableIndex({ name: 'messages_to_look_up', columnNames: ['look_up_at'], where: 'look_up_at IS NOT NULL' }));
    await runner.createIndex(
      'messages',
      new TableIndex({ name: 'messages_unsettled', columnNames: ['conversation_id'], where: 'unknown_at IS NOT NULL AND x_message_id IS NULL' }),
    );
    await runner.createIndex('conversations', new TableIndex({ name: 'conversations_due', columnNames: ['head_at'], where: 'head_at IS NOT NULL' }));
    await runner.createIndex('conversations', new TableIndex({ name: 'conversations_leased', columnNames: ['lease_until'], where: 'lease_until IS NOT NULL' }));
    await this.moveLeases(runner);
    await runner.dropIndex('messages', 'messages_due');
    await runner.dropIndex('messages', 'messages_claimed');
    await runner.query('ALTER TABLE messages DROP COLUMN claimed_by');
    await runner.query('ALTER TABLE messages DROP COLUMN claimed_until');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE messages ADD COLUMN claimed_by text');
    await runner.query('ALTER TABLE messages ADD COLUMN claimed_until bigint');
    for (const [column, lease] of [['claimed_by', 'lease_owner'], ['claimed_until', 'lease_until']]) {
      await runner.query(`UPDATE messages SET ${column} = (SELECT ${lease} FROM conversations WHERE id = conversation_id) WHERE status IN ${UNDER_WAY}`);
    }
    await runner.createIndex('messages', new TableIndex({ name: 'messages_claimed', columnNames: ['claimed_until'], where: 'claimed_until IS NOT NULL' }));
    await runner.createIndex('messages', new TableIndex({ name: 'messages_due', columnNames: ['next_attempt_at'], where: 'next_attempt_at IS NOT NULL' }));
    for (const [table, index] of [['conversations', 'conversations_leased'], ['conversations', 'conversations_due'], ['messages', 'messages_unsettled'], ['messages', 'messages_to_look_up'], ['messages', 'messages_open']] as const) {
      await runner.dropIndex(table, index);
    }
    await runner.dropTable('history_budgets');
    await runner.dropTable('message_steps');
    await dropColumns(runner, 'attempts', ['claimed_at', 'settled_at', 'settled_by']);
    await dropColumns(runner, 'messages', ['accepted_charge', 'unknown_at', 'unknown_told_at', 'look_ups', 'look_up_at', 'blocks_until']);
    await dropColumns(runner, 'conversations', ['head_id', 'head_at', 'lease_owner', 'lease_until', 'fence']);
  }

  /** What waits and what was under way when the service stopped goes on from where it was. */
  private async moveLeases(runner: QueryRunner): Promise<void> {
    const ofConversation = (status: string): string => `FROM messages WHERE conversation_id = conversations.id AND status IN ${status}`;
    const waiting = `${ofConversation("('queued', 'held')")} AND (next_attempt_at IS NOT NULL OR held_because = 'rate-limit') ORDER BY seq LIMIT 1`;
    await runner.query(
      `UPDATE conversations SET head_id = (SELECT id ${waiting}), head_at = (SELECT next_attempt_at ${waiting}) WHERE id IN (SELECT conversation_id FROM messages WHERE status IN ${OPEN})`,
    );
    await runner.query(
      `UPDATE conversations SET head_id = (SELECT id ${ofConversation(UNDER_WAY)}), head_at = NULL, lease_owner = (SELECT claimed_by ${ofConversation(UNDER_WAY)}),
         lease_until = (SELECT claimed_until ${ofConversation(UNDER_WAY)}) WHERE id IN (SELECT conversation_id FROM messages WHERE status IN ${UNDER_WAY})`,
    );
    // Nobody has looked for them so far.
    await runner.query("UPDATE messages SET unknown_at = created_at, look_up_at = created_at WHERE status = 'unknown'");
  }
}

async function dropColumns(runner: QueryRunner, table: string, columns: readonly string[]): Promise<void> {
  for (const column of columns) {
    await runner.query(`ALTER TABLE ${table} DROP COLUMN ${column}`);
  }
}
