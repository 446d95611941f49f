import { DAY_MS, MINUTE_MS } from '../../kernel/duration.js';
import type { Instant } from '../../kernel/clock.js';
import { FixedWindow, SlidingWindow, type RateView } from '../world/rate-window.js';
import type { RateFamily } from './x-route.js';

const WINDOW_MS = 15 * MINUTE_MS;

/** Calls per 15 minutes as documented for v1.1; `users`, `friendships`, `settings` and `subscription-lists` from X's older tables. */
const DOCUMENTED: Readonly<Record<RateFamily, number>> = {
  token: 450,
  'sign-in': 450,
  verify: 75,
  settings: 15,
  webhooks: 15,
  subscriptions: 500,
  'subscription-lists': 50,
  send: 15_000,
  list: 15,
  'dm-events': 15,
  show: 15,
  typing: 1_000,
  read: 1_000,
  media: 900,
  users: 900,
  friendships: 180,
};

/** What every family gets when the documented windows are off: out of the way of any test. */
const GENEROUS = 100_000;

/** Direct messages beyond the free replies: 1,000 a day per account, 15,000 per app. */
export interface DailyLimits {
  perUser: number;
  perApp: number;
}

export const DOCUMENTED_DAILY_LIMITS: DailyLimits = { perUser: 1_000, perApp: 15_000 };

type RateHeaders = Record<string, string>;

export class RateLimits {
  private readonly windows = new Map<string, FixedWindow>();
  private readonly users = new Map<string, SlidingWindow>();
  private readonly apps = new Map<string, SlidingWindow>();

  constructor(
    private readonly areWindowsDocumented: boolean,
    private readonly daily: DailyLimits,
  ) {}

  /** The caller's 15-minute window of a family of calls. */
  window(family: RateFamily, callerKey: string): FixedWindow {
    const limit = this.areWindowsDocumented ? DOCUMENTED[family] : GENEROUS;
    return getOrMake(this.windows, `${family} ${callerKey}`, () => new FixedWindow(limit, WINDOW_MS));
  }

  hasRoomToday(userId: string, appId: string, at: Instant): boolean {
    return this.userDay(userId).hasRoom(at) && this.appDay(appId).hasRoom(at);
  }

  countToday(userId: string, appId: string, at: Instant): void {
    this.userDay(userId).add(at);
    this.appDay(appId).add(at);
  }

  viewToday(userId: string, appId: string, at: Instant): { user: RateView; app: RateView } {
    return { user: this.userDay(userId).view(at), app: this.appDay(appId).view(at) };
  }

  dailyHeaders(userId: string, appId: string, at: Instant): RateHeaders {
    const { user, app } = this.viewToday(userId, appId, at);
    return { ...rateHeaders('x-user-limit-24hour', user), ...rateHeaders('x-app-limit-24hour', app) };
  }

  private userDay(userId: string): SlidingWindow {
    return getOrMake(this.users, userId, () => new SlidingWindow(this.daily.perUser, DAY_MS));
  }

  private appDay(appId: string): SlidingWindow {
    return getOrMake(this.apps, appId, () => new SlidingWindow(this.daily.perApp, DAY_MS));
  }
}

/** X writes the reset as whole seconds; rounded up, so that nobody comes back too early. */
export function rateHeaders(prefix: string, view: RateView): RateHeaders {
  return {
    [`${prefix}-limit`]: String(view.limit),
    [`${prefix}-remaining`]: String(view.remaining),
    [`${prefix}-reset`]: String(Math.ceil(view.resetsAt / 1000)),
  };
}

function getOrMake<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
