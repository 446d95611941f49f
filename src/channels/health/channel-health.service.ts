import { Injectable } from '@nestjs/common';
import { Reader } from '../../database/reader.service.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { type ChannelCheck, checksAfter, type Finding, type Findings } from './channel-check.js';
import { ChannelHealthEntity } from './channel-health.entity.js';

/** What the last checks of each channel came to. */
@Injectable()
export class ChannelHealth {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** For a new channel, whose tokens X has just taken. In its unit of work. */
  async begin(channelId: string): Promise<void> {
    const tried: Finding = { ok: true, detail: 'X took the tokens when the channel was made.' };
    const permitted: Finding = { ok: true, detail: 'The tokens permitted direct messages when the channel was made.' };
    const unrefused: Finding = { ok: true, detail: 'X has refused nothing for want of credits.' };
    const checks = checksAfter([], new Map([['credentials', tried], ['direct-message-permission', permitted], ['credits', unrefused]]), this.clock.now());
    await this.unitOfWork.run((manager) => manager.insert(ChannelHealthEntity, { channelId, checks, lastEventAt: null, lastCheckAt: null, probedAt: null }));
  }

  async get(channelId: string): Promise<ChannelHealthEntity> {
    return this.reader.repository(ChannelHealthEntity).findOneByOrFail({ channelId });
  }

  /** Checks that were not made keep what they were. Answers all of them as they are then; null when the channel is gone. Joins the running unit of work. */
  async note(channelId: string, findings: Findings): Promise<ChannelCheck[] | null> {
    return this.unitOfWork.run(async (manager) => {
      const before = await manager.findOne(ChannelHealthEntity, { where: { channelId }, ...lockedForUpdate<ChannelHealthEntity>(manager) });
      if (before === null) {
        return null;
      }
      const now = this.clock.now();
      const checks = checksAfter(before.checks, findings, now);
      await manager.update(ChannelHealthEntity, { channelId }, { checks, lastCheckAt: now });
      return checks;
    });
  }

  async noteProbe(channelId: string): Promise<void> {
    await this.unitOfWork.run((manager) => manager.update(ChannelHealthEntity, { channelId }, { probedAt: this.clock.now() }));
  }

  async forget(channelId: string): Promise<void> {
    await this.unitOfWork.run((manager) => manager.delete(ChannelHealthEntity, { channelId }));
  }
}
