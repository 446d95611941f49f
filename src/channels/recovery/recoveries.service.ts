import { Injectable } from '@nestjs/common';
import { LessThanOrEqual, MoreThan } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant, toTimestamp } from '../../kernel/clock.js';
import { MINUTE_MS } from '../../kernel/duration.js';
import { type HistoryPass, passOf, type Recovery } from './recovery.js';
import { RecoveryEntity } from './recovery.entity.js';

/** Most channels of one look. */
const BATCH = 100;
/** Who took a channel and does not come back within this leaves it to others. */
const READING_MS = 5 * MINUTE_MS;

/** A pass that is ours for a while. */
export type TakenPass = Recovery & HistoryPass & { passSince: Instant; passUntil: Instant };

/** What was read back of each channel's history at X, and whose turn it is next. Who reads is messaging; who knows of gaps is this room. */
@Injectable()
export class Recoveries {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** For a new channel, in its unit of work: what X dates before `since` is none of ours. */
  async begin(channelId: string, since: Instant): Promise<void> {
    await this.unitOfWork.run((manager) =>
      manager.insert(RecoveryEntity, { channelId, dueAt: since, completeUntil: since, passSince: null, passUntil: null, cursor: null, recoveredAt: null, recovered: 0 }),
    );
  }

  /** The webhook may have missed something: the history is read as soon as X allows. Joins the running unit of work. */
  async noteGap(channelIds: readonly string[]): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      for (const channelId of [...channelIds].sort()) {
        await manager.update(RecoveryEntity, { channelId }, { dueAt: this.clock.now() });
      }
    });
  }

  /** We were away: for all channels, whichever of them are connected. */
  async noteGapOfAll(): Promise<void> {
    await this.unitOfWork.run((manager) => manager.update(RecoveryEntity, { dueAt: MoreThan(this.clock.now()) }, { dueAt: this.clock.now() }));
  }

  async forget(channelId: string): Promise<void> {
    await this.unitOfWork.run((manager) => manager.delete(RecoveryEntity, { channelId }));
  }

  /** A sentence on what X told nobody and was read back; empty when there was nothing. */
  async describe(channelId: string): Promise<string> {
    const row = await this.reader.repository(RecoveryEntity).findOneBy({ channelId });
    return row === null || row.recoveredAt === null ? '' : ` Read back from X’s history, since the webhook had not told of them: ${row.recovered} so far, the last at ${toTimestamp(row.recoveredAt)}.`;
  }

  async listDue(): Promise<string[]> {
    const due = await this.reader.repository(RecoveryEntity).find({ where: { dueAt: LessThanOrEqual(this.clock.now()) }, order: { dueAt: 'ASC' }, take: BATCH });
    return due.map(({ channelId }) => channelId);
  }

  /** Takes a due channel for ourselves for a while; null when it is not due any more, since another instance has taken it. */
  take(channelId: string): Promise<TakenPass | null> {
    return this.unitOfWork.run(async (manager) => {
      const now = this.clock.now();
      const taken = await manager.update(RecoveryEntity, { channelId, dueAt: LessThanOrEqual(now) }, { dueAt: now + READING_MS });
      const row = taken.affected === 1 ? await manager.findOneByOrFail(RecoveryEntity, { channelId }) : null;
      return row === null ? null : { channelId, completeUntil: row.completeUntil, ...passOf(row, now) };
    });
  }

  /** A channel that is not connected is looked at again at `dueAt`; its gap stays. */
  async rest(channelId: string, dueAt: Instant): Promise<void> {
    await this.unitOfWork.run((manager) => manager.update(RecoveryEntity, { channelId, dueAt: LessThanOrEqual(this.clock.now()) }, { dueAt }));
  }

  /** The pass has come as far as its cursor; `found` messages were new. It stays ours. Joins the running unit of work. */
  async noteProgress(pass: Recovery & HistoryPass, found: number): Promise<void> {
    await this.write(pass, { ...pick(pass), dueAt: this.clock.now() + READING_MS }, found);
  }

  /** The pass cannot go on now; it does at `dueAt`. */
  async postpone(pass: Recovery & HistoryPass, dueAt: Instant): Promise<void> {
    await this.write(pass, { ...pick(pass), dueAt }, 0);
  }

  /** Everything up to the pass's beginning is recorded. A gap that was noted meanwhile keeps its turn. */
  async complete(pass: Recovery & HistoryPass & { passUntil: Instant }, nextAt: Instant, found: number): Promise<void> {
    await this.write(pass, { completeUntil: pass.passUntil, passSince: null, passUntil: null, cursor: null, dueAt: nextAt }, found);
  }

  private async write({ channelId }: Recovery, change: Partial<RecoveryEntity>, found: number): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const now = this.clock.now();
      const before = await manager.findOne(RecoveryEntity, { where: { channelId }, ...lockedForUpdate<RecoveryEntity>(manager) });
      if (before === null) {
        // The channel was removed meanwhile.
        return;
      }
      // Whoever noted a gap while we read has put it to the present.
      const isNoted = before.dueAt <= now;
      await manager.update(RecoveryEntity, { channelId }, { ...change, ...(isNoted ? { dueAt: before.dueAt } : {}), ...(found === 0 ? {} : { recoveredAt: now }) });
      if (found > 0) {
        await manager.increment(RecoveryEntity, { channelId }, 'recovered', found);
      }
    });
  }
}

function pick({ passSince, passUntil, cursor }: HistoryPass): HistoryPass {
  return { passSince, passUntil, cursor };
}
