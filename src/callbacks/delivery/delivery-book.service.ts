import { Injectable } from '@nestjs/common';
import { LessThanOrEqual } from 'typeorm';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { GatheredWork, type Outcome } from '../../database/gathered-work.service.js';
import { Reader } from '../../database/reader.service.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { findRows, type RowWrites } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { Randomness } from '../../runtime/randomness.service.js';
import { CallbackHealth } from '../callback/callback-health.service.js';
import { type DeliveryAttempt, DeliveryEntity } from './delivery.entity.js';
import { type AttemptResult, decideNext } from './retry-schedule.js';

/** Most claims and results that are written with one commit. */
const MOST_AT_ONCE = 64;
/** Attempts that a delivery remembers. */
const ATTEMPTS_KEPT = 20;
/** What a claim lasts beyond the longest attempt. */
const LEASE_MARGIN_MS = 5 * SECOND_MS;

/** So many of a callback's deliveries are wanted. */
export interface Claim {
  callbackId: string;
  most: number;
}

/** What an attempt came to. */
export interface Attempted {
  delivery: DeliveryEntity;
  attempt: DeliveryAttempt;
  result: AttemptResult;
}

type Wanted = { claims: readonly Claim[] } | Attempted;

/** The record of deliveries: which are due, who has them, how each attempt ended. Claims and results of many are written with one commit. */
@Injectable()
export class DeliveryBook {
  private readonly gathered: GatheredWork<Wanted, DeliveryEntity[]>;

  constructor(
    private readonly reader: Reader,
    private readonly health: CallbackHealth,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    private readonly unitOfWork: UnitOfWork,
    @InjectSettings('callbacks') private readonly settings: Settings['callbacks'],
  ) {
    this.gathered = new GatheredWork(unitOfWork, (writes, items) => this.write(writes, items), { most: MOST_AT_ONCE });
  }

  /** Which of these callbacks have something due now. */
  async listDue(callbackIds: readonly string[]): Promise<Set<string>> {
    if (callbackIds.length === 0) {
      return new Set();
    }
    const isPostgres = this.reader.manager.connection.options.type === 'postgres';
    const given = isPostgres ? '(SELECT value AS id FROM json_array_elements_text($1::json))' : '(SELECT value AS id FROM json_each($1))';
    const rows = await this.reader.manager.query<{ id: string }[]>(
      `SELECT given.id AS id FROM ${given} AS given WHERE EXISTS (SELECT 1 FROM deliveries WHERE callback_id = given.id AND next_attempt_at IS NOT NULL AND next_attempt_at <= $2)`,
      [JSON.stringify(callbackIds), this.clock.now()],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** The longest due of each; they are the caller's until the lease ends, and due again then. */
  claim(claims: readonly Claim[]): Promise<DeliveryEntity[]> {
    return claims.length === 0 ? Promise.resolve([]) : this.gathered.run({ claims });
  }

  /** With this on disk the attempt is over. One whose lease ended meanwhile, and that another has attempted, stays as that made it. */
  async settle(attempted: Attempted): Promise<void> {
    await this.gathered.run(attempted);
  }

  /** It was not attempted after all, and is due at once. */
  async release({ id, tries }: DeliveryEntity): Promise<void> {
    await this.unitOfWork.run((manager) => manager.update(DeliveryEntity, { id, tries, status: 'pending' }, { nextAttemptAt: this.clock.now() }));
  }

  /** There is nothing left to tell. */
  async drop({ id }: DeliveryEntity): Promise<void> {
    await this.unitOfWork.run((manager) => manager.delete(DeliveryEntity, { id }));
  }

  /** The end of a claim that begins now. */
  leaseEnd(): number {
    return this.clock.now() + this.settings.timeoutMs + LEASE_MARGIN_MS;
  }

  private async write(writes: RowWrites, items: readonly Wanted[]): Promise<Outcome<DeliveryEntity[]>[]> {
    await this.settleAll(writes, items.filter((item) => 'delivery' in item));
    const outcomes: Outcome<DeliveryEntity[]>[] = [];
    for (const item of items) {
      outcomes.push({ kind: 'done', result: 'claims' in item ? await this.claimEach(writes, item.claims) : [] });
    }
    return outcomes;
  }

  private async claimEach(writes: RowWrites, claims: readonly Claim[]): Promise<DeliveryEntity[]> {
    const { manager } = writes;
    const [now, nextAttemptAt] = [this.clock.now(), this.leaseEnd()];
    const claimed: DeliveryEntity[] = [];
    for (const { callbackId, most } of claims) {
      const due = await manager.find(DeliveryEntity, {
        where: { callbackId, nextAttemptAt: LessThanOrEqual(now) },
        order: { nextAttemptAt: 'ASC', id: 'ASC' },
        take: most,
        ...lockedForUpdate<DeliveryEntity>(manager, 'skip_locked'),
      });
      claimed.push(...due);
    }
    writes.update(DeliveryEntity, claimed.map(({ id }) => ({ id, nextAttemptAt })), ['nextAttemptAt']);
    await writes.flush();
    return claimed;
  }

  private async settleAll(writes: RowWrites, attempted: readonly Attempted[]): Promise<void> {
    if (attempted.length === 0) {
      return;
    }
    // Callbacks before deliveries, as everybody who changes both.
    const callbacks = await this.health.lock(writes.manager, attempted.map(({ delivery, result }) => ({ callbackId: delivery.callbackId, result })));
    const rows = new Map((await findRows(writes.manager, DeliveryEntity, attempted.map(({ delivery: { id } }) => ({ id })), true)).map((row) => [row.id, row]));
    const now = this.clock.now();
    const ended = attempted.flatMap(({ delivery, attempt, result }) => {
      const row = rows.get(delivery.id);
      if (row === undefined || row.status !== 'pending' || row.tries !== delivery.tries) {
        return [];
      }
      const tries = row.tries + 1;
      return [{ row, tries, attempt, result, next: decideNext(result, tries, this.settings.retryDelaysMs, now, this.randomness.fraction()) }];
    });
    for (const { row, result, next } of ended) {
      const callback = callbacks.get(row.callbackId);
      if (callback !== undefined) {
        await this.health.note(writes.manager, callback, result, next);
      }
    }
    // Only now: one result may have switched off the callback of another.
    const changed = ended.map(({ row, tries, attempt, next }) => {
      const isPending = next.kind === 'again' && callbacks.get(row.callbackId)?.isEnabled === true;
      return Object.assign(row, {
        tries,
        attempts: [...row.attempts, attempt].slice(-ATTEMPTS_KEPT),
        status: next.kind === 'delivered' ? ('delivered' as const) : isPending ? ('pending' as const) : ('failed' as const),
        nextAttemptAt: isPending ? next.at : null,
        endedAt: isPending ? null : now,
      });
    });
    writes.update(DeliveryEntity, changed, ['status', 'tries', 'nextAttemptAt', 'attempts', 'endedAt']);
    await writes.flush();
  }
}
