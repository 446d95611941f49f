import { Injectable } from '@nestjs/common';
import { TeamEvents } from '../callbacks/event/team-events.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { levelOf, type LimitState, noticeOf } from './limit.js';
import type { LimitParties, OpenLimits } from './limit-book.service.js';
import { scopeOf } from './limit-headers.js';
import { LimitSubjectEntity } from './limit-subject.entity.js';
import { toLimitView } from './limit-view.js';

/** Tells the teams that a limit is low or used up, once per crossing; of the app's limits it tells all channels of the app. */
@Injectable()
export class LimitNotices {
  constructor(
    private readonly teamEvents: TeamEvents,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** `states` are those of `open`, or as they are after it. Called under the lock of the limits. */
  async note(open: OpenLimits, states: readonly LimitState[]): Promise<void> {
    for (const state of states) {
      const subject = scopeOf(state) === 'app' ? open.app : open.account;
      const level = levelOf(state);
      const before = subject.told[state.name] ?? 'ok';
      const { told, isNews } = noticeOf(before, level);
      if (told !== before) {
        subject.told = { ...subject.told, [state.name]: told };
        await this.unitOfWork.run((manager) => manager.update(LimitSubjectEntity, { id: subject.id }, { told: subject.told }));
      }
      if (isNews && level !== 'ok') {
        await this.tell(level, state, open.parties);
      }
    }
  }

  private async tell(level: 'low' | 'reached', state: LimitState, { channel, ofApp }: LimitParties): Promise<void> {
    const told = scopeOf(state) === 'app' ? ofApp : [channel];
    await this.teamEvents.tell(
      told.map(({ id, team }) => ({
        team,
        channelId: id,
        conversationId: null,
        type: `limit.${level}` as const,
        data: { profile: channel.messagesApi, limit: toLimitView(state) },
        occurredAt: this.clock.now(),
      })),
    );
  }
}
