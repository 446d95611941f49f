import { Injectable } from '@nestjs/common';
import type { Counter, Histogram } from 'prom-client';
import { Reader } from '../database/reader.service.js';
import { Clock } from '../kernel/clock.js';
import { SECOND_MS } from '../kernel/duration.js';
import { Problem } from '../kernel/problem.js';
import type { ProblemCode } from '../kernel/problem-code.js';
import { Metrics } from '../runtime/metrics.service.js';
import { Timers } from '../runtime/timers.service.js';
import { WebhookEventEntity } from './webhook-event.entity.js';

/** Seconds. X gives up after 3; 0.05 is what we promise of a challenge. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Of what is not X's, or not ours. */
const REFUSALS: readonly ProblemCode[] = ['webhook.signature-invalid', 'webhook.unknown'];

/** What Prometheus is told of X's calls. */
@Injectable()
export class WebhookMetrics {
  private readonly deliveries: Counter<'outcome'>;
  private readonly answers: Histogram<'kind'>;

  constructor(
    metrics: Metrics,
    private readonly timers: Timers,
    private readonly reader: Reader,
    private readonly clock: Clock,
  ) {
    this.deliveries = metrics.counter('webhook_deliveries_total', 'Deliveries of X, by what became of them.', ['outcome']);
    this.answers = metrics.histogram('webhook_answer_seconds', 'Time until X has its answer.', ['kind'], BUCKETS);
    (['stored', 'refused', 'not-stored'] as const).forEach((outcome) => this.deliveries.inc({ outcome }, 0));
    metrics.gauge('webhook_events_waiting', 'Events that are stored and not processed yet.', [], async () => [{ labels: {}, value: await this.reader.repository(WebhookEventEntity).countBy({ status: 'received' }) }]);
    metrics.gauge('webhook_events_oldest_wait_seconds', 'For how long the oldest of them has waited.', [], async () => [{ labels: {}, value: await this.findOldestWait() }]);
  }

  /** Answers what the work answers, and notes how long X waited for it. */
  async challenge<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.timed('challenge', work);
  }

  /** The same, and what became of a delivery. */
  async delivery(work: () => Promise<void>): Promise<void> {
    try {
      await this.timed('delivery', work);
      this.deliveries.inc({ outcome: 'stored' });
    } catch (error) {
      this.deliveries.inc({ outcome: error instanceof Problem && REFUSALS.includes(error.code) ? 'refused' : 'not-stored' });
      throw error;
    }
  }

  private async timed<Result>(kind: 'challenge' | 'delivery', work: () => Promise<Result>): Promise<Result> {
    const since = this.timers.monotonicMs();
    try {
      return await work();
    } finally {
      this.answers.observe({ kind }, (this.timers.monotonicMs() - since) / SECOND_MS);
    }
  }

  private async findOldestWait(): Promise<number> {
    const [oldest] = await this.reader.repository(WebhookEventEntity).find({ select: { id: true, receivedAt: true }, where: { status: 'received' }, order: { id: 'ASC' }, take: 1 });
    return oldest === undefined ? 0 : Math.max(0, this.clock.now() - oldest.receivedAt) / SECOND_MS;
  }
}
