import type { Prices, PricedApi } from '../config/prices.js';
import { type Instant, toTimestamp } from '../kernel/clock.js';
import { DAY_MS } from '../kernel/duration.js';

/**
 * What X may charge for: a message from a participant that its webhook told of · somebody who follows the account, or does so no
 * more · a message that it took, or may have taken · a message of its history that it answered · a person that it told of.
 */
export const USAGE_KINDS = ['message-received', 'follow', 'message-sent', 'message-read', 'person-read'] as const;
export type UsageKind = (typeof USAGE_KINDS)[number];

/** So many of one kind, over one generation of X's API, on one day. */
export interface Usage {
  day: string;
  api: PricedApi;
  kind: UsageKind;
  count: number;
}

/** The UTC day of a moment: `2026-11-27`. */
export function dayOf(at: Instant): string {
  return toTimestamp(at).slice(0, 10);
}

/** When a day begins, by UTC. */
export function startOfDay(day: string): Instant {
  return Date.parse(`${day}T00:00:00.000Z`);
}

/** When the UTC day of a moment is over. */
export function endOfDay(at: Instant): Instant {
  return startOfDay(dayOf(at)) + DAY_MS;
}

/** All days from one to another, both among them. */
export function daysBetween(from: string, to: string): string[] {
  const count = Math.max(0, Math.round((startOfDay(to) - startOfDay(from)) / DAY_MS) + 1);
  return Array.from({ length: count }, (_, n) => dayOf(startOfDay(from) + n * DAY_MS));
}

/** A price of X's for one kind of thing, and what it comes to. */
export interface PricedUsage extends Omit<Usage, 'day'> {
  /** For one; null where X publishes none. */
  price: Money | null;
  amount: Money | null;
}

/** A whole number of millionths of the currency: sums of tenths of cents stay exact. */
export type Money = number;

const MILLION = 1_000_000;

/** `0.135`: with cents at least, and no zeros after them. */
export function toAmount(money: Money): string {
  const digits = String(money).padStart(7, '0');
  const [whole, fraction] = [digits.slice(0, -6), digits.slice(-6)];
  return `${whole}.${fraction.replace(/0{1,4}$/, '')}`;
}

export function priceOf(prices: Prices, api: PricedApi, kind: UsageKind): Money | null {
  const ofApi: Partial<Record<UsageKind, { price: number | 'unknown' }>> = prices.apis[api];
  const price = ofApi[kind]?.price ?? 'unknown';
  return price === 'unknown' ? null : Math.round(price * MILLION);
}

/** What was used on one day, priced, in the order of the kinds; and the sum of what has a price. `isComplete`: all of it has. */
export function pricedDay(prices: Prices, usages: readonly Usage[]): { charges: PricedUsage[]; estimate: Money; isComplete: boolean } {
  const charges = [...usages]
    .sort((a, b) => USAGE_KINDS.indexOf(a.kind) - USAGE_KINDS.indexOf(b.kind) || (a.api < b.api ? -1 : 1))
    .map(({ api, kind, count }) => {
      const price = priceOf(prices, api, kind);
      return { api, kind, count, price, amount: price === null ? null : price * count };
    });
  return {
    charges,
    estimate: charges.reduce((sum, { amount }) => sum + (amount ?? 0), 0),
    isComplete: charges.every(({ amount }) => amount !== null),
  };
}
