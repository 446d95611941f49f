import { Injectable } from '@nestjs/common';
import type { Channel } from '../../channels/channel.js';
import { ChannelCredentials } from '../../channels/credentials/channel-credentials.service.js';
import { ChannelCredits } from '../../channels/credits/channel-credits.service.js';
import { XCallBudgets } from '../../channels/x-calls/x-call-budgets.service.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import type { Instant } from '../../kernel/clock.js';
import { Log } from '../../runtime/log.service.js';
import type { XDirectMessage } from '../../x-api/direct-message.js';
import type { HistoryPage } from '../../x-api/message-history.js';
import { UsageLog } from '../../usage/usage-log.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import { XFailure } from '../../x-api/x-failure.js';
import type { XLimit } from '../../x-api/x-limits.js';

/** Most pages of one look: X gives 50 messages a page, and few reads. */
const MAX_PAGES = 12;

/** What X answers to a cursor that it does not know. */
const REFUSED_CURSOR = [400, 403, 404];

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
    private readonly credits: ChannelCredits,
    private readonly usage: UsageLog,
    private readonly budgets: XCallBudgets,
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
      if (read === 'later' || read === 'refused') {
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

  /**
   * One page, the newest without a cursor. `later`: the budget is used, or X does not answer now. `refused`: X does not take the cursor (any more).
   * Every reading leaves `spared` of the budget to others.
   */
  async readPage(channel: Channel, cursor: string | null, spared = 0): Promise<HistoryPage | 'later' | 'refused'> {
    const subject = `history ${channel.accountId}`;
    const most = Math.max(1, this.settings.historyReadsPer15Minutes - spared);
    // Spent in one go, the budget would leave nothing for messages that turn unknown a minute later.
    if (channel.connection === 'revoked' || !(await this.budgets.take(subject, { most, atOnce: Math.ceil(most / 2) }))) {
      return 'later';
    }
    try {
      const credentials = await this.credentials.get(channel.id);
      const page = await this.credits.noticing(channel, 'history', () => this.x.history.list(credentials, cursor));
      await this.usage.note({ channelId: channel.id, api: page.api, kind: 'message-read', count: page.told });
      await this.learn(subject, page.limits, false);
      return page;
    } catch (error) {
      if (!(error instanceof XFailure)) {
        throw error;
      }
      const { status, code } = error.answer;
      this.log.warn('X’s history could not be read', { channelId: channel.id, xStatus: status, xCode: code });
      await this.learn(subject, error.limits, status === 429);
      return cursor !== null && error.kind === 'answered' && status !== null && REFUSED_CURSOR.includes(status) ? 'refused' : 'later';
    }
  }

  /** X's own count, which the team's other software uses too. */
  private async learn(subject: string, limits: readonly XLimit[], isRefused: boolean): Promise<void> {
    const endpoint = limits.find(({ of }) => of === 'endpoint');
    if (isRefused || endpoint?.remaining === 0) {
      await this.budgets.close(subject, endpoint?.resetsAt);
    }
  }
}
