import type { Instant } from '../kernel/clock.js';
import { DAY_MS, MINUTE_MS } from '../kernel/duration.js';
import type { XLimit } from '../x-api/x-limits.js';
import type { LimitCorrection, LimitRule } from './limit.js';
import type { Charge } from './reply-window.js';

/** Who a limit is about: one account, or all accounts of one app. */
export type LimitScope = 'account' | 'app';

export function scopeOf(rule: Pick<LimitRule, 'name'>): LimitScope {
  return rule.name.startsWith('app-') ? 'app' : 'account';
}

/** X's longest limits are of a day; a reset later than that is a mistake, and a wrong one would silence a channel for good. */
const LONGEST_MS = DAY_MS + 5 * MINUTE_MS;
/** X's shorter limits last this long: for a 429 that names no reset. */
const UNSTATED_RESET_MS = 15 * MINUTE_MS;

/** Until when X takes no send at all, and none that counts towards a limit; null where it does. */
export interface XStops {
  all: Instant | null;
  counted: Instant | null;
}

/** One answer of X to a send, as far as limits go. */
export interface LimitAnswer {
  limits: readonly XLimit[];
  /** X refused the send with a 429. */
  isRefused: boolean;
  charge: Charge | null;
  /** X's time of the send, ours where X took nothing. */
  at: Instant;
}

/** What the answer says of the profile's limits, by their names. X's window for the endpoint is the account's shortest limit here. */
export function correctionsOf(rules: readonly LimitRule[], answer: LimitAnswer): Map<string, LimitCorrection> {
  const corrections = new Map<string, LimitCorrection>();
  for (const said of answer.limits) {
    const rule = findRule(rules, said.of);
    const resetsAt = Math.min(said.resetsAt, answer.at + LONGEST_MS);
    const before = rule === undefined ? undefined : corrections.get(rule.name);
    // Two headers may speak of one limit: the one with less left holds.
    if (rule !== undefined && (before === undefined || said.remaining < before.remaining)) {
      // How many calls a shorter window takes says nothing of how many messages a day does.
      const limit = said.of === 'endpoint' && rule.windowMs === DAY_MS ? null : said.limit;
      corrections.set(rule.name, { limit, remaining: said.remaining, observedAt: answer.at, resetsAt });
    }
  }
  return corrections;
}

/**
 * What is known of limits after X said more: its newest word on each holds, also when its answers come in another order; of two
 * of one moment the stricter. What is past its reset goes.
 */
export function mergeCorrections(
  known: Readonly<Record<string, LimitCorrection>>,
  said: readonly (readonly [name: string, correction: LimitCorrection])[],
  now: Instant,
): Record<string, LimitCorrection> {
  const merged = new Map<string, LimitCorrection>();
  for (const [name, correction] of [...Object.entries(known), ...said]) {
    const before = merged.get(name);
    if (correction.resetsAt > now && (before === undefined || holdsOver(correction, before))) {
      merged.set(name, correction);
    }
  }
  return Object.fromEntries(merged);
}

function holdsOver(word: LimitCorrection, before: LimitCorrection): boolean {
  if (word.observedAt !== before.observedAt) {
    return word.observedAt > before.observedAt;
  }
  return word.remaining < before.remaining || (word.remaining === before.remaining && word.resetsAt > before.resetsAt);
}

/** Whether it leaves less than the policy: X's windows for calls are often wider than ours for messages. */
export function isStricter({ limit, remaining }: LimitCorrection, rule: LimitRule): boolean {
  return Math.min(limit ?? Infinity, remaining) < rule.limit;
}

/**
 * Whether sends have to stop after this answer, per scope. A limit that is used up ends what counts towards it; a refusal of a
 * free reply, or one that names no such limit, ends everything: X evidently counts what we take for free.
 * Of several that are used up the later reset holds.
 */
export function stopsOf(rules: readonly LimitRule[], answer: LimitAnswer): Record<LimitScope, XStops> {
  const stops: Record<LimitScope, XStops> = { account: { all: null, counted: null }, app: { all: null, counted: null } };
  const usedUp = answer.limits.filter(({ remaining, resetsAt }) => remaining === 0 && resetsAt > answer.at);
  const isUnexplained = answer.isRefused && (usedUp.length === 0 || answer.charge === 'reply');
  // The window of the endpoint is a limit on calls where the profile has one of its kind, so that replies count too.
  const isOfCalls = (of: XLimit['of']): boolean => of === 'endpoint' && rules.some(({ name, windowMs }) => scopeOf({ name }) === 'account' && windowMs < DAY_MS);
  const stop = (scope: LimitScope, until: Instant, covers: keyof XStops): void => {
    stops[scope][covers] = Math.max(stops[scope][covers] ?? 0, Math.min(until, answer.at + LONGEST_MS));
  };
  for (const { of, resetsAt } of usedUp) {
    stop(of === 'app-24h' ? 'app' : 'account', resetsAt, isUnexplained || isOfCalls(of) ? 'all' : 'counted');
  }
  if (isUnexplained && usedUp.length === 0) {
    stop('account', answer.at + UNSTATED_RESET_MS, 'all');
  }
  return stops;
}

function findRule(rules: readonly LimitRule[], of: XLimit['of']): LimitRule | undefined {
  if (of === 'endpoint') {
    return rules.filter((rule) => scopeOf(rule) === 'account').sort((a, b) => a.windowMs - b.windowMs)[0];
  }
  return rules.find((rule) => rule.windowMs === DAY_MS && scopeOf(rule) === (of === 'app-24h' ? 'app' : 'account'));
}
