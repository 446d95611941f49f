import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import type { Charge } from '../../rate-policy/reply-window.js';
import { Metrics, type Sample } from '../../runtime/metrics.service.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { MessageEntity } from './message.entity.js';
import { OPEN_STATUSES, toSqlList } from './message-status.js';

const ENDS = ['sent', 'unknown', 'failed', 'expired', 'cancelled'] as const;

/** What Prometheus is told of messages. Conditions are written out as the partial indexes have them, so that asking costs what is open and not what is stored. */
@Injectable()
export class MessageMetrics {
  private readonly sends: Counter<'status' | 'charge'>;

  constructor(
    metrics: Metrics,
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
    private readonly clock: Clock,
  ) {
    this.sends = metrics.counter('sends_total', 'Sends that came to a status, by it and by what they were charged.', ['status', 'charge']);
    ENDS.forEach((status) => this.sends.inc({ status, charge: 'none' }, 0));
    metrics.gauge('messages_open', 'Sends that have not come to an end, by status; `unknown` ones wait for a look-up or for a person.', ['status'], () => this.countOpen());
    metrics.gauge('messages_oldest_open_seconds', 'For how long the oldest of these has been open.', ['status'], () => this.findOldestOpen());
    metrics.gauge('reply_windows_open', 'Conversations whose reply window is open, as far as the expired-window job has been.', [], async () => [
      { labels: {}, value: await this.reader.repository(ConversationEntity).createQueryBuilder('conversation').where('conversation.windowOpenedAt IS NOT NULL AND conversation.windowClosedAt IS NULL').getCount() },
    ]);
  }

  /** Counted when the running unit of work is committed. */
  noteEnd(status: (typeof ENDS)[number], charge: Charge | null): void {
    this.unitOfWork.afterCommit(() => this.sends.inc({ status, charge: charge ?? 'none' }));
  }

  private async countOpen(): Promise<Sample[]> {
    const rows = await this.findOpen<{ status: string; value: string | number }>('COUNT(*)');
    return OPEN_STATUSES.map((status) => ({ labels: { status }, value: Number(rows.find((row) => row.status === status)?.value ?? 0) }));
  }

  private async findOldestOpen(): Promise<Sample[]> {
    const now = this.clock.now();
    const rows = await this.findOpen<{ status: string; value: string | number }>('MIN(message.createdAt)');
    return rows.map(({ status, value }) => ({ labels: { status }, value: Math.max(0, now - Number(value)) / SECOND_MS }));
  }

  private findOpen<Row>(value: string): Promise<Row[]> {
    return this.reader
      .repository(MessageEntity)
      .createQueryBuilder('message')
      .select('message.status', 'status')
      .addSelect(value, 'value')
      .where(`message.status IN ${toSqlList(OPEN_STATUSES)}`)
      .groupBy('message.status')
      .getRawMany<Row>();
  }
}
