import { Injectable } from '@nestjs/common';
import { TeamEvents } from '../../callbacks/event/team-events.service.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { Log } from '../../runtime/log.service.js';
import { ChannelEntity } from '../channel.entity.js';
import { ChannelAnswers } from '../channel-answers.service.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import type { Connection } from '../channel-status.js';
import { Recoveries } from '../recovery/recoveries.service.js';

/** What teams are told of. That we disconnected a channel they know: they asked for it. */
const TOLD: Partial<Record<Connection, 'channel.connected' | 'channel.degraded' | 'channel.revoked'>> = {
  connected: 'channel.connected',
  degraded: 'channel.degraded',
  revoked: 'channel.revoked',
};

/** How channels stand with X: changed in one place, told once. */
@Injectable()
export class ChannelStates {
  constructor(
    private readonly answers: ChannelAnswers,
    private readonly directory: ChannelDirectory,
    private readonly recoveries: Recoveries,
    private readonly teamEvents: TeamEvents,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * The channel is `connection` now, for a reason in words. Only when it was one of `from`: what a check saw does not undo what has
   * happened since. Whoever becomes connected has missed what was told before. Joins the running unit of work.
   */
  async become(channelId: string, connection: Connection, reason: string | null, from?: readonly Connection[]): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const before = await manager.findOne(ChannelEntity, { where: { id: channelId }, ...lockedForUpdate<ChannelEntity>(manager) });
      const isToBe = before !== null && (from === undefined || from.includes(before.connection));
      // A look that began before X refused something for want of credits knows nothing of it.
      const isOvertaken = connection === 'connected' && before !== null && before.creditsStop !== null;
      if (!isToBe || isOvertaken || (before.connection === connection && before.connectionDetail === reason)) {
        return;
      }
      const now = this.clock.now();
      this.directory.noteChange();
      await manager.update(ChannelEntity, { id: channelId }, { connection, connectionDetail: reason, updatedAt: now });
      const type = TOLD[connection];
      if (before.connection === connection || type === undefined) {
        return;
      }
      if (connection === 'connected') {
        await this.recoveries.noteGap([channelId]);
      }
      this.log.log('A channel’s line to X has changed', { channelId, from: before.connection, to: connection, reason });
      const channel = await this.answers.ofOneIn(manager, { ...before, connection, connectionDetail: reason, updatedAt: now });
      await this.teamEvents.tell([{ team: before.team, channelId, conversationId: null, type, data: channel, occurredAt: now }]);
    });
  }
}
