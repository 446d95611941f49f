import { Inject, Injectable } from '@nestjs/common';
import type { Channel } from '../channels/channel.js';
import { PRICES } from '../config/inject-settings.decorator.js';
import type { Prices } from '../config/prices.js';
import { Reader } from '../database/reader.service.js';
import { Clock, toTimestamp } from '../kernel/clock.js';
import { DAY_MS } from '../kernel/duration.js';
import { Problem } from '../kernel/problem.js';
import { type ChannelUsageDto, MOST_DAYS, type UsageQuery } from './usage.dto.js';
import { dayOf, daysBetween, endOfDay, type Money, pricedDay, startOfDay, toAmount } from './usage.js';
import { UsageLog } from './usage-log.service.js';

/** Days that are answered where none are named. */
const USUAL_DAYS = 30;

/** What channels cost, as callers see it. */
@Injectable()
export class UsageAnswers {
  constructor(
    private readonly log: UsageLog,
    private readonly reader: Reader,
    private readonly clock: Clock,
    @Inject(PRICES) private readonly prices: Prices,
  ) {}

  /** @throws Problem `usage.days-not-answerable` */
  async of(channel: Channel, query: UsageQuery): Promise<ChannelUsageDto> {
    const to = query.to ?? dayOf(this.clock.now());
    const from = query.from ?? dayOf(startOfDay(to) - (USUAL_DAYS - 1) * DAY_MS);
    const asked = startOfDay(to) - startOfDay(from);
    if (asked < 0 || asked >= MOST_DAYS * DAY_MS) {
      throw new Problem('usage.days-not-answerable', `Ask for 1 to ${MOST_DAYS} days, the first of them in \`from\`.`);
    }
    const used = await this.log.list(channel.id, from, to);
    const days = daysBetween(from, to).map((day) => {
      const { charges, estimate, isComplete } = pricedDay(this.prices, used.filter((one) => one.day === day));
      return { day, charges, estimate, isComplete };
    });
    return {
      currency: this.prices.currency,
      from,
      to,
      days: days.map(({ day, charges, estimate, isComplete }) => ({
        day,
        charges: charges.map(({ kind, api, count, price, amount }) => ({ kind, api, count, price: amountOrNull(price), amount: amountOrNull(amount) })),
        estimate: toAmount(estimate),
        isComplete,
      })),
      total: { estimate: toAmount(days.reduce((sum, { estimate }) => sum + estimate, 0)), isComplete: days.every(({ isComplete }) => isComplete) },
      dailyCap: await this.capOf(channel),
    };
  }

  private async capOf({ id, policy }: Channel): Promise<ChannelUsageDto['dailyCap']> {
    const limit = policy.dailyCap;
    if (limit === undefined) {
      return null;
    }
    const now = this.clock.now();
    const used = await this.log.countSent(this.reader.manager, id, dayOf(now));
    return { limit, used, remaining: Math.max(0, limit - used), resetsAt: toTimestamp(endOfDay(now)) };
  }
}

const amountOrNull = (money: Money | null): string | null => (money === null ? null : toAmount(money));
