import { Injectable } from '@nestjs/common';
import { type EntityManager, In, LessThan } from 'typeorm';
import { deleteInBatches } from '../database/batched-delete.service.js';
import { Reader } from '../database/reader.service.js';
import { lockedForUpdate } from '../database/row-lock.service.js';
import { RowWrites } from '../database/rows.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { DAY_MS } from '../kernel/duration.js';
import { Ids } from '../runtime/ids.service.js';
import { DailyCapEntity } from './daily-cap.entity.js';
import { dayOf, type Usage } from './usage.js';
import { UsageEntryEntity } from './usage-entry.entity.js';

/** Somebody's use of something that X may charge for. */
export interface ChannelUsage extends Usage {
  channelId: string;
}

/** How long it is told what was used. */
const KEEP_DAYS = 400;
/** Most entries of a day that become one at once. */
const BATCH = 5_000;

/** What X may charge for, counted in the transaction of its cause. */
@Injectable()
export class UsageLog {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Adds what was used, with the other writes of a unit of work: what is alike is one entry. */
  add(writes: RowWrites, used: readonly ChannelUsage[]): void {
    const alike = new Map<string, UsageEntryEntity>();
    for (const one of used.filter(({ count }) => count !== 0)) {
      const key = `${one.channelId} ${one.day} ${one.api} ${one.kind}`;
      const entry = alike.get(key) ?? Object.assign(new UsageEntryEntity(), { ...one, id: this.ids.create('use'), count: 0 });
      entry.count += one.count;
      alike.set(key, entry);
    }
    writes.insert(UsageEntryEntity, [...alike.values()]);
  }

  /** The same by itself. Joins the running unit of work. */
  async note(used: Omit<ChannelUsage, 'day'>): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const writes = new RowWrites(manager);
      this.add(writes, [{ ...used, day: dayOf(this.clock.now()) }]);
      await writes.flush();
    });
  }

  /** What a channel has used, by day, generation and kind. */
  async list(channelId: string, from: string, to: string): Promise<Usage[]> {
    const rows = await this.reader
      .repository(UsageEntryEntity)
      .createQueryBuilder('entry')
      .select('entry.day', 'day')
      .addSelect('entry.api', 'api')
      .addSelect('entry.kind', 'kind')
      .addSelect('SUM(entry.count)', 'count')
      .where('entry.channelId = :channelId AND entry.day BETWEEN :from AND :to', { channelId, from, to })
      .groupBy('entry.day')
      .addGroupBy('entry.api')
      .addGroupBy('entry.kind')
      .getRawMany<Usage>();
    // PostgreSQL hands sums out as text.
    return rows.map((row) => ({ ...row, count: Number(row.count) })).filter(({ count }) => count !== 0);
  }

  /** How many messages of a channel X took, or may have taken, on a day. */
  async countSent(manager: EntityManager, channelId: string, day: string): Promise<number> {
    const row = await manager
      .createQueryBuilder(UsageEntryEntity, 'entry')
      .select('SUM(entry.count)', 'sent')
      .where("entry.channelId = :channelId AND entry.day = :day AND entry.kind = 'message-sent'", { channelId, day })
      .getRawOne<{ sent: string | number | null }>();
    return Number(row?.sent ?? 0);
  }

  /** Nobody else hands over messages of this channel, which has a cap, until the unit of work ends. */
  async lockCap(manager: EntityManager, channelId: string): Promise<void> {
    const find = { where: { channelId }, ...lockedForUpdate<DailyCapEntity>(manager) };
    if ((await manager.findOne(DailyCapEntity, find)) === null) {
      await manager.createQueryBuilder().insert().into(DailyCapEntity).values({ channelId }).orIgnore().updateEntity(false).execute();
      await manager.findOne(DailyCapEntity, find);
    }
  }

  /** Entries of days that are over become one for each kind; what is older than is told of goes. Returns how many entries went. */
  async compact(): Promise<number> {
    const now = this.clock.now();
    const gone = await deleteInBatches(this.unitOfWork, UsageEntryEntity, { day: LessThan(dayOf(now - KEEP_DAYS * DAY_MS)) });
    const many = await this.reader
      .repository(UsageEntryEntity)
      .createQueryBuilder('entry')
      .select(['entry.channelId AS channel_id', 'entry.day AS day', 'entry.api AS api', 'entry.kind AS kind'])
      // A message of today may yet be dated yesterday by X: what comes later is an entry more.
      .where('entry.day < :today', { today: dayOf(now) })
      .groupBy('entry.channelId')
      .addGroupBy('entry.day')
      .addGroupBy('entry.api')
      .addGroupBy('entry.kind')
      .having('COUNT(*) > 1')
      .getRawMany<Pick<UsageEntryEntity, 'day' | 'api' | 'kind'> & { channel_id: string }>();
    let merged = 0;
    for (const { channel_id: channelId, day, api, kind } of many) {
      for (let more = BATCH; more === BATCH; ) {
        more = await this.merge({ channelId, day, api, kind });
        merged += Math.max(0, more - 1);
      }
    }
    return gone + merged;
  }

  private merge(alike: Omit<ChannelUsage, 'count'>): Promise<number> {
    return this.unitOfWork.run(async (manager) => {
      const entries = await manager.find(UsageEntryEntity, { where: alike, order: { id: 'ASC' }, take: BATCH, ...lockedForUpdate<UsageEntryEntity>(manager) });
      const [first] = entries;
      if (first !== undefined && entries.length > 1) {
        await manager.delete(UsageEntryEntity, { id: In(entries.slice(1).map(({ id }) => id)) });
        await manager.update(UsageEntryEntity, { id: first.id }, { count: entries.reduce((sum, { count }) => sum + count, 0) });
      }
      return entries.length;
    });
  }
}
