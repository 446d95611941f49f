import { Injectable } from '@nestjs/common';
import { LessThanOrEqual, MoreThan } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant, toTimestamp } from '../../kernel/clock.js';
import { MINUTE_MS } from '../../kernel/duration.js';
import { ChannelEntity } from '../channel.entity.js';
import { KEPT_ALIVE } from '../channel-status.js';
import { type HistoryPass, passOf, type Recovery } from './recovery.js';
import { RecoveryEntity } from './recovery.entity.js';

/** Most channels of one look. */
const BATCH = 100;
/** Who took a channel and does not come back within this leaves it to others. */
const READING_MS = 5 * MINUTE_MS;

/** A pass that is ours until `takenUntil`; what is written of it afterwards has no effect where somebody else took it. */
export type TakenPass = Recovery & HistoryPass & { passSince: Instant; passUntil: Instant; takenUntil: Instant; isAfterGap: boolean };

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
    const nothingYet = { passSince: null, passUntil: null, cursor: null, takenUntil: null, recoveredAt: null, recovered: 0 };
    await this.unitOfWork.run((manager) => manager.insert(RecoveryEntity, { channelId, dueAt: since, gapAt: since, completeUntil: since, ...nothingYet }));
  }

  /** The webhook may have missed something: the history is read as soon as X allows. Joins the running unit of work. */
  async noteGap(channelIds: readonly string[]): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const now = this.clock.now();
      for (const channelId of [...channelIds].sort()) {
        await manager.update(RecoveryEntity, { channelId }, { dueAt: now, gapAt: now });
      }
    });
  }

  /** We were away: for all channels, whichever of them are connected. */
  async noteGapOfAll(): Promise<void> {
    const all = await this.reader.repository(RecoveryEntity).find({ select: { channelId: true } });
    await this.noteGap(all.map(({ channelId }) => channelId));
  }

  async forget(channelId: string): Promise<void> {
    await this.unitOfWork.run((manager) => manager.delete(RecoveryEntity, { channelId }));
  }

  /** A sentence on what X told nobody and was read back; empty when there was nothing. */
  async describe(channelId: string): Promise<string> {
    const row = await this.reader.repository(RecoveryEntity).findOneBy({ channelId });
    return row === null || row.recoveredAt === null ? '' : ` Read back from X’s history, since the webhook had not told of them: ${row.recovered} so far, the last at ${toTimestamp(row.recoveredAt)}.`;
  }

  /** Connected channels whose turn it is and that nobody reads. The gap of one that is not connected stays until it is. */
  async listDue(): Promise<string[]> {
    const due = await this.reader
      .repository(RecoveryEntity)
      .createQueryBuilder('recovery')
      .innerJoin(ChannelEntity, 'channel', 'channel.id = recovery.channelId AND channel.connection IN (:...kept)', { kept: KEPT_ALIVE })
      .where('recovery.dueAt <= :now AND (recovery.takenUntil IS NULL OR recovery.takenUntil <= :now)', { now: this.clock.now() })
      .orderBy('recovery.dueAt')
      .limit(BATCH)
      .getMany();
    return due.map(({ channelId }) => channelId);
  }

  /** Takes a due channel for ourselves for a while; null when another instance has it, or had it since. */
  take(channelId: string): Promise<TakenPass | null> {
    return this.unitOfWork.run(async (manager) => {
      const now = this.clock.now();
      const row = await manager.findOne(RecoveryEntity, { where: { channelId, dueAt: LessThanOrEqual(now) }, ...lockedForUpdate<RecoveryEntity>(manager) });
      const channel = await manager.findOneBy(ChannelEntity, { id: channelId });
      if (row === null || channel === null || (row.takenUntil ?? 0) > now) {
        return null;
      }
      const takenUntil = now + READING_MS;
      await manager.update(RecoveryEntity, { channelId }, { takenUntil });
      return { channelId, completeUntil: row.completeUntil, takenUntil, isAfterGap: row.gapAt !== null, ...passOf(row, channel.createdAt, now) };
    });
  }

  /** The pass has come as far as its cursor; `found` messages were new. It stays ours, as it is then; null when it is not any more. */
  async noteProgress(pass: TakenPass, found: number): Promise<TakenPass | null> {
    const takenUntil = this.clock.now() + READING_MS;
    return (await this.write(pass, { ...pick(pass), takenUntil }, found)) ? { ...pass, takenUntil } : null;
  }

  /** The pass cannot go on now; it does at `dueAt`. */
  async postpone(pass: TakenPass, dueAt: Instant, found = 0): Promise<void> {
    await this.write(pass, { ...pick(pass), dueAt, takenUntil: null }, found);
  }

  /** X does not take the pass's cursor any more: it begins anew from X's newest message, at once. What was recorded stays. */
  async beginAnew(pass: TakenPass): Promise<void> {
    await this.write(pass, { passSince: null, passUntil: null, cursor: null, takenUntil: null }, 0);
  }

  /** Everything up to the pass's beginning is recorded. A gap that was noted since then has its turn at once. */
  async complete(pass: TakenPass, nextAt: Instant, found: number): Promise<void> {
    const { channelId, passUntil } = pass;
    await this.unitOfWork.run(async (manager) => {
      const change = { completeUntil: passUntil, passSince: null, passUntil: null, cursor: null, dueAt: nextAt, takenUntil: null };
      if (await this.write(pass, change, found)) {
        await manager.update(RecoveryEntity, { channelId, gapAt: MoreThan(passUntil) }, { dueAt: this.clock.now() });
        await manager.update(RecoveryEntity, { channelId, gapAt: LessThanOrEqual(passUntil) }, { gapAt: null });
      }
    });
  }

  /** False when the pass is not ours any more. */
  private async write({ channelId, takenUntil }: TakenPass, change: Partial<RecoveryEntity>, found: number): Promise<boolean> {
    const news = found === 0 ? {} : { recoveredAt: this.clock.now(), recovered: () => `recovered + ${found}` };
    const written = await this.unitOfWork.run((manager) => manager.update(RecoveryEntity, { channelId, takenUntil }, { ...change, ...news }));
    return written.affected === 1;
  }
}

function pick({ passSince, passUntil, cursor }: HistoryPass): HistoryPass {
  return { passSince, passUntil, cursor };
}
