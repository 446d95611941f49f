import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { Reader } from '../../database/reader.service.js';
import { Metrics } from '../../runtime/metrics.service.js';
import { DeliveryEntity } from './delivery.entity.js';

const OUTCOMES = ['taken', 'refused', 'unanswered'] as const;

/** What Prometheus is told of callbacks. */
@Injectable()
export class DeliveryMetrics {
  private readonly attempts: Counter<'outcome'>;

  constructor(
    metrics: Metrics,
    reader: Reader,
  ) {
    this.attempts = metrics.counter('callback_attempts_total', 'Calls of receivers: taken (2xx), refused (any other status) or unanswered.', ['outcome']);
    OUTCOMES.forEach((outcome) => this.attempts.inc({ outcome }, 0));
    metrics.gauge('callback_deliveries_pending', 'Deliveries that wait for their next attempt.', [], async () => [
      // As the index `deliveries_due` has it: all others have ended.
      { labels: {}, value: await reader.repository(DeliveryEntity).createQueryBuilder('delivery').where('delivery.nextAttemptAt IS NOT NULL').getCount() },
    ]);
  }

  noteAttempt(outcome: (typeof OUTCOMES)[number]): void {
    this.attempts.inc({ outcome });
  }
}
