import { DAY_MS, MINUTE_MS } from '../../kernel/duration.js';
import type { Instant } from '../../kernel/clock.js';
import { FixedWindow, SlidingWindow, type RateView } from '../world/rate-window.js';
import type { RateFamily } from './x-route.js';

const WINDOW_MS = 15 * MINUTE_MS;

/** Calls per 15 minutes as documented for v1.1; `users`, `friendships`, `settings` and `subscription-lists` from X's older tables; of welcome messages X tells no number. */
const DOCUMENTED: Readonly<Record<RateFamily, number>> = {
  token: 450,
  'sign-in': 450,
  verify: 75,
  settings: 15,
  webhooks: 15,
  'webhooks-v2': 450,
  subscriptions: 500,
  'subscription-lists': 50,
  send: 15_000,
  'send-v2': 15,
  list: 15,
  'dm-events': 15,
  show: 15,
  'welcome-messages': 15,
  typing: 1_000,
  read: 1_000,
  media: 900,
  upload: 1_875,
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

/** Over v2: 1,440 a day per account, and as many per app. */
const DAILY_LIMITS_V2: DailyLimits = { perUser: 1_440, perApp: 1_440 };

/** The generations of sending, each with daily limits of its own. */
export type SendFamily = Extract<RateFamily, 'send' | 'send-v2'>;

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

  hasRoomToday(family: SendFamily, userId: string, appId: string, at: Instant): boolean {
    return this.userDay(family, userId).hasRoom(at) && this.appDay(family, appId).hasRoom(at);
  }

  countToday(family: SendFamily, userId: string, appId: string, at: Instant): void {
    this.userDay(family, userId).add(at);
    this.appDay(family, appId).add(at);
  }

  viewToday(family: SendFamily, userId: string, appId: string, at: Instant): { user: RateView; app: RateView } {
    return { user: this.userDay(family, userId).view(at), app: this.appDay(family, appId).view(at) };
  }

  dailyHeaders(family: SendFamily, userId: string, appId: string, at: Instant): RateHeaders {
    const { user, app } = this.viewToday(family, userId, appId, at);
    return { ...rateHeaders('x-user-limit-24hour', user), ...rateHeaders('x-app-limit-24hour', app) };
  }

  private userDay(family: SendFamily, userId: string): SlidingWindow {
    return getOrMake(this.users, `${family} ${userId}`, () => new SlidingWindow(this.dailyOf(family).perUser, DAY_MS));
  }

  private appDay(family: SendFamily, appId: string): SlidingWindow {
    return getOrMake(this.apps, `${family} ${appId}`, () => new SlidingWindow(this.dailyOf(family).perApp, DAY_MS));
  }

  private dailyOf(family: SendFamily): DailyLimits {
    return family === 'send-v2' ? DAILY_LIMITS_V2 : this.daily;
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
