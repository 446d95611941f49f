import { Injectable } from '@nestjs/common';
import { LessThan, MoreThanOrEqual } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { deleteInBatches } from '../../database/batched-delete.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant, toTimestamp } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { Problem } from '../../kernel/problem.js';
import type { Finding } from './channel-check.js';
import { ChannelHealthEntity } from './channel-health.entity.js';
import { ChannelHourEntity } from './channel-hour.entity.js';
import { findSilence, HOUR_MS, HOURS_KEPT_MS, type Silence } from './silence.js';

/** A busy channel's events are noted this often: each note is a write of the row that all of them share. */
const NOTE_EVERY_MS = SECOND_MS;

interface Unnoted {
  notedAt: Instant;
  hourAt: Instant;
  events: number;
}

/** When X told of something last, how much it tells in which hours, and whether it is silent for unusually long. */
@Injectable()
export class EventFlow {
  /** What came since the last note, by channel. A crash loses a second's count, and no event. */
  private readonly unnoted = new Map<string, Unnoted>();

  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** An event came for the channel. */
  async noteEvent(channelId: string): Promise<void> {
    const now = this.clock.now();
    const hourAt = Math.floor(now / HOUR_MS) * HOUR_MS;
    const before = this.unnoted.get(channelId);
    if (before !== undefined && before.hourAt === hourAt && Math.abs(now - before.notedAt) < NOTE_EVERY_MS) {
      before.events += 1;
      return;
    }
    await this.unitOfWork.run(async (manager) => {
      await manager.update(ChannelHealthEntity, { channelId }, { lastEventAt: now });
      for (const [hour, events] of [[before?.hourAt, before?.events ?? 0], [hourAt, 1]] as const) {
        if (hour !== undefined && events > 0) {
          await manager.createQueryBuilder().insert().into(ChannelHourEntity).values({ channelId, hourAt: hour, events: 0 }).orIgnore().updateEntity(false).execute();
          await manager.increment(ChannelHourEntity, { channelId, hourAt: hour }, 'events', events);
        }
      }
      this.unitOfWork.afterCommit(() => this.unnoted.set(channelId, { notedAt: now, hourAt, events: 0 }));
    });
  }

  /** `silence` is there when X has told nothing for unusually long. */
  async check(channelId: string, lastEventAt: Instant | null): Promise<{ finding: Finding; silence: Silence | null }> {
    if (lastEventAt === null) {
      return { finding: { ok: true, detail: 'X has told of nothing yet.' }, silence: null };
    }
    const now = this.clock.now();
    const hours = await this.reader.repository(ChannelHourEntity).findBy({ channelId, hourAt: MoreThanOrEqual(now - HOURS_KEPT_MS) });
    const silence = findSilence(new Map(hours.map(({ hourAt, events }) => [hourAt, events])), lastEventAt, now);
    const last = `The last event came at ${toTimestamp(lastEventAt)}.`;
    if (silence === null) {
      return { finding: { ok: true, detail: last }, silence };
    }
    const problem = new Problem(
      'channel.silent',
      `${last} That is unusually long ago: in each of the last ${silence.compared} ${silence.unit}s at least ${silence.least} events came in the same stretch of the ${silence.unit}.`,
      { remedy: 'Write a direct message to the account from another one. When it does not arrive while all other checks are well, disconnect and connect the channel, then ask X. What X has in its history is read back meanwhile.' },
    );
    return { finding: { ok: false, problem }, silence };
  }

  async forgetOld(): Promise<number> {
    return deleteInBatches(this.unitOfWork, ChannelHourEntity, { hourAt: LessThan(this.clock.now() - HOURS_KEPT_MS) });
  }
}
