import type { MigrationInterface, QueryRunner } from 'typeorm';
import { count, createTable, id, instant, text } from './column-types.migration.js';

const NULLABLE = { nullable: true };

export class Messaging1 implements MigrationInterface {
  readonly name = 'Messaging1795340000004';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'conversations',
      [
        id(),
        text('team'),
        text('channel_id'),
        text('account_id'),
        text('participant_id'),
        text('participant_username', NULLABLE),
        text('participant_name', NULLABLE),
        instant('window_opened_at', NULLABLE),
        count('window_used'),
        instant('window_closed_at', NULLABLE),
        count('last_seq'),
        instant('last_message_at', NULLABLE),
        text('read_up_to', NULLABLE),
        instant('read_at', NULLABLE),
        instant('created_at'),
      ],
      [
        { name: 'conversations_one_per_participant', columns: ['channel_id', 'participant_id'], isUnique: true },
        { name: 'conversations_by_team', columns: ['team', 'id'] },
        {
          name: 'conversations_with_window_to_close',
          columns: ['window_opened_at'],
          where: 'window_opened_at IS NOT NULL AND window_closed_at IS NULL',
        },
      ],
    );
    await createTable(
      runner,
      'messages',
      [
        id(),
        text('team'),
        text('channel_id'),
        text('conversation_id'),
        count('seq'),
        text('direction'),
        text('source'),
        text('content'),
        text('text_fingerprint'),
        text('reference', NULLABLE),
        text('status'),
        text('charge', NULLABLE),
        instant('charged_window', NULLABLE),
        text('beyond_allotment', NULLABLE),
        instant('valid_until', NULLABLE),
        instant('held_until', NULLABLE),
        text('held_because', NULLABLE),
        text('failure', NULLABLE),
        text('x_message_id', NULLABLE),
        instant('x_created_at', NULLABLE),
        instant('created_at'),
        instant('sent_at', NULLABLE),
        instant('read_at', NULLABLE),
        instant('next_attempt_at', NULLABLE),
        text('claimed_by', NULLABLE),
        instant('claimed_until', NULLABLE),
      ],
      [
        {
          name: 'messages_one_per_x_message',
          columns: ['channel_id', 'x_message_id'],
          isUnique: true,
          where: 'x_message_id IS NOT NULL',
        },
        // The database itself refuses a second message in flight to one participant.
        {
          name: 'messages_one_in_flight_per_conversation',
          columns: ['conversation_id'],
          isUnique: true,
          where: "status IN ('claimed', 'sending')",
        },
        { name: 'messages_in_order', columns: ['conversation_id', 'seq'], isUnique: true },
        { name: 'messages_by_team', columns: ['team', 'id'] },
        {
          name: 'messages_to_send',
          columns: ['next_attempt_at'],
          where: "status IN ('queued', 'held', 'claimed', 'sending')",
        },
      ],
    );
    await createTable(
      runner,
      'attempts',
      [
        id(),
        text('message_id'),
        instant('started_at'),
        instant('finished_at', NULLABLE),
        text('outcome'),
        { ...count('x_status'), isNullable: true },
        { ...count('x_code'), isNullable: true },
        text('detail', NULLABLE),
      ],
      [
        // The database itself refuses a second attempt while one is open, unclear or has succeeded.
        {
          name: 'attempts_one_live_per_message',
          columns: ['message_id'],
          isUnique: true,
          where: "outcome IN ('in-flight', 'unknown', 'sent')",
        },
        { name: 'attempts_by_message', columns: ['message_id', 'started_at'] },
      ],
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('attempts');
    await runner.dropTable('messages');
    await runner.dropTable('conversations');
  }
}
