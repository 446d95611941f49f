import { setMaxListeners } from 'node:events';
import { Injectable } from '@nestjs/common';
import { Reader } from '../../database/reader.service.js';
import { Clock } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { CallbackSecrets } from '../callback/callback-secrets.service.js';
import type { CallbackEntity } from '../callback/callback.entity.js';
import { toEventBody } from '../event/event.dto.js';
import { ERASED_EVENT } from '../event/team-event-type.js';
import { TeamEventEntity } from '../event/team-event.entity.js';
import { ReceiverCalls } from '../outbound/receiver-calls.service.js';
import { DeliveryBook } from './delivery-book.service.js';
import { signDelivery } from './delivery-signature.js';
import { DeliveryMetrics } from './delivery-metrics.service.js';
import type { DeliveryEntity } from './delivery.entity.js';
import { type AttemptResult, isSuccess, parseRetryAfter } from './retry-schedule.js';

/** One attempt: the call, and the record of what came of it. */
@Injectable()
export class DeliveryAttempts {
  private readonly stopping = new AbortController();

  constructor(
    private readonly reader: Reader,
    private readonly calls: ReceiverCalls,
    private readonly secrets: CallbackSecrets,
    private readonly book: DeliveryBook,
    private readonly metrics: DeliveryMetrics,
    private readonly clock: Clock,
  ) {
    // One for each call that is under way.
    setMaxListeners(0, this.stopping.signal);
  }

  /** True when the receiver took it. One that is broken off by `abort` has not been an attempt. */
  async carryOut(callback: CallbackEntity, delivery: DeliveryEntity): Promise<boolean> {
    const event = await this.reader.repository(TeamEventEntity).findOneBy({ id: delivery.eventId });
    const at = this.clock.now();
    if (event === null || event.type === ERASED_EVENT) {
      // What it would tell is erased, or past its retention.
      await this.book.drop(delivery);
      return true;
    }
    const body = JSON.stringify(toEventBody(event));
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'twitter-dm-channel',
      ...(event.requestId === null ? {} : { 'x-request-id': event.requestId }),
      ...signDelivery(this.secrets.listValid(callback), event.id, Math.floor(at / SECOND_MS), body),
    };
    const answer = await this.calls.post(callback.url, { headers, body, signal: this.stopping.signal });
    if (this.stopping.signal.aborted && answer.kind !== 'answered') {
      await this.book.release(delivery);
      return false;
    }
    const isAnswered = answer.kind === 'answered';
    const result: AttemptResult = isAnswered ? { kind: 'answered', status: answer.status, retryAfterMs: parseRetryAfter(answer.retryAfter, this.clock.now()) } : { kind: 'unanswered' };
    const attempt = { at, status: isAnswered ? answer.status : null, detail: isAnswered ? null : answer.reason, durationMs: Math.round(answer.durationMs) };
    this.metrics.noteAttempt(isSuccess(result) ? 'taken' : isAnswered ? 'refused' : 'unanswered');
    await this.book.settle({ delivery, attempt, result });
    return isSuccess(result);
  }

  /** Breaks off what is under way. */
  abort(): void {
    this.stopping.abort();
  }
}
