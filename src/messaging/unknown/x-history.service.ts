import { Injectable } from '@nestjs/common';
import type { Channel } from '../../channels/channel.js';
import { ChannelCredentials } from '../../channels/credentials/channel-credentials.service.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { Log } from '../../runtime/log.service.js';
import type { XDirectMessage } from '../../x-api/direct-message-v1.js';
import type { HistoryPage } from '../../x-api/messages-api.js';
import { XApi } from '../../x-api/x-api.service.js';
import { XFailure } from '../../x-api/x-failure.js';
import type { XLimit } from '../../x-api/x-limits.js';
import { HistoryBudgetEntity } from './history-budget.entity.js';
import { mayRead, READ_WINDOW_MS, recentReads } from './read-budget.js';

/** Most pages of one look: X gives 50 messages a page, and few reads. */
const MAX_PAGES = 12;

export interface HistoryPart {
  messages: XDirectMessage[];
  /** It has everything from then on. */
  backTo: Instant;
  /** Why it goes no further than that; null: it goes as far as was asked for. */
  endedBy: 'budget' | 'length' | null;
}

/** Reads an account's messages back at X, within a budget of reads that all instances share. */
@Injectable()
export class XHistory {
  constructor(
    private readonly x: XApi,
    private readonly credentials: ChannelCredentials,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
  ) {}

  /** The messages that X dates `since` or later; null when the budget is used or X does not answer. */
  async readBack(channel: Channel, since: Instant): Promise<HistoryPart | null> {
    const messages: XDirectMessage[] = [];
    let cursor: string | null = null;
    let oldest: Instant = Infinity;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const read = await this.readPage(channel, cursor);
      if (read === null) {
        // What was read is of use; the rest is read another time.
        return page === 0 ? null : { messages, backTo: oldest, endedBy: 'budget' };
      }
      messages.push(...read.messages.filter(({ createdAt }) => createdAt >= since));
      // Of one moment a page may have only some.
      oldest = Math.min(oldest, ...read.messages.map(({ createdAt }) => createdAt + 1));
      cursor = read.next;
      if (cursor === null || read.messages.some(({ createdAt }) => createdAt < since)) {
        return { messages, backTo: since, endedBy: null };
      }
    }
    return { messages, backTo: oldest, endedBy: 'length' };
  }

  private async readPage(channel: Channel, cursor: string | null): Promise<HistoryPage | null> {
    if (!(await this.take(channel.accountId))) {
      return null;
    }
    try {
      const page = await this.x.messages(channel.messagesApi).listHistory(await this.credentials.get(channel.id), cursor);
      await this.learn(channel.accountId, page.limits, false);
      return page;
    } catch (error) {
      if (!(error instanceof XFailure)) {
        throw error;
      }
      this.log.warn('X’s history could not be read', { channelId: channel.id, xStatus: error.answer.status, xCode: error.answer.code });
      await this.learn(channel.accountId, error.limits, error.answer.status === 429);
      return null;
    }
  }

  private take(accountId: string): Promise<boolean> {
    return this.unitOfWork.run(async (manager) => {
      const now = this.clock.now();
      await manager.createQueryBuilder().insert().into(HistoryBudgetEntity).values({ accountId, reads: [], closedUntil: null }).orIgnore().updateEntity(false).execute();
      const budget = await manager.findOneOrFail(HistoryBudgetEntity, { where: { accountId }, ...lockedForUpdate<HistoryBudgetEntity>(manager) });
      if ((budget.closedUntil ?? 0) > now || !mayRead(budget.reads, this.settings.historyReadsPer15Minutes, now)) {
        return false;
      }
      await manager.update(HistoryBudgetEntity, { accountId }, { reads: [...recentReads(budget.reads, now), now] });
      return true;
    });
  }

  /** X's own count, which the team's other software uses too. */
  private async learn(accountId: string, limits: readonly XLimit[], isRefused: boolean): Promise<void> {
    const endpoint = limits.find(({ of }) => of === 'endpoint');
    const isUsedUp = isRefused || endpoint?.remaining === 0;
    if (isUsedUp) {
      const closedUntil = endpoint?.resetsAt ?? this.clock.now() + READ_WINDOW_MS;
      await this.unitOfWork.run((manager) => manager.update(HistoryBudgetEntity, { accountId }, { closedUntil }));
    }
  }
}
