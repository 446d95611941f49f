import type { Instant } from '../../kernel/clock.js';
import { DAY_MS, MINUTE_MS } from '../../kernel/duration.js';

export const HOUR_MS = 60 * MINUTE_MS;
const WEEK_MS = 7 * DAY_MS;

/** Weeks that a stretch of this week is held against, and days where a channel is too young for that. */
const WEEKS = 4;
const LEAST_WEEKS = 2;
const DAYS = 7;
const LEAST_DAYS = 3;

/** How long the hours are kept that a silence is measured by. */
export const HOURS_KEPT_MS = (WEEKS + 1) * WEEK_MS;

/** Shorter silences happen by chance, however busy the channel. */
const LEAST_SILENCE_MS = 15 * MINUTE_MS;
/** So many events have to be missing, in comparison with the quietest of the stretches before: fewer may be chance. */
const LEAST_MISSED = 5;

/** Events by the hour in which they came. */
export type HourlyEvents = ReadonlyMap<Instant, number>;

/** What the same stretch of earlier weeks (or days) had, where now there is nothing. */
export interface Silence {
  unit: 'week' | 'day';
  /** How many of them were looked at, and what the quietest had. */
  compared: number;
  least: number;
}

/**
 * Whether nothing came since `lastEventAt` though in each of the last weeks something came in this very stretch of the week: so nights,
 * weekends and opening hours are known without anybody telling them. Null when the silence is usual, or nothing is known to hold it against.
 */
export function findSilence(events: HourlyEvents, lastEventAt: Instant, now: Instant): Silence | null {
  if (now - lastEventAt < LEAST_SILENCE_MS) {
    return null;
  }
  const knownSince = Math.min(...events.keys());
  const compare = (unit: 'week' | 'day', stepMs: number, most: number, atLeast: number): Silence | null => {
    const stretches = Array.from({ length: most }, (_, n) => (n + 1) * stepMs).filter((shift) => lastEventAt - shift >= knownSince && now - shift <= lastEventAt);
    return stretches.length < atLeast ? null : { unit, compared: stretches.length, least: Math.min(...stretches.map((shift) => countBetween(events, lastEventAt - shift, now - shift))) };
  };
  const silence = compare('week', WEEK_MS, WEEKS, LEAST_WEEKS) ?? compare('day', DAY_MS, DAYS, LEAST_DAYS);
  return silence !== null && silence.least >= LEAST_MISSED ? silence : null;
}

/** Events of a stretch; of an hour that it has in part, the same part of its events, rounded down in the end. */
function countBetween(events: HourlyEvents, from: Instant, to: Instant): number {
  let sum = 0;
  for (let hour = Math.floor(from / HOUR_MS) * HOUR_MS; hour < to; hour += HOUR_MS) {
    const part = (Math.min(to, hour + HOUR_MS) - Math.max(from, hour)) / HOUR_MS;
    sum += (events.get(hour) ?? 0) * part;
  }
  return Math.floor(sum);
}
