import { DAY_MS } from '../../kernel/duration.js';
import { toRateLimitHeaders, toWindowView } from './window-view.js';

const RULE = { allotment: 5, windowMs: DAY_MS };
const T = Date.UTC(2026, 10, 22, 9, 30, 15, 123);

describe('the reply window that callers see', () => {
  it('tells when it ends and what is left', () => {
    expect(toWindowView({ openedAt: T, used: 3 }, RULE, T + 1)).toEqual({
      open: true,
      openedAt: '2026-11-22T09:30:15.123Z',
      expiresAt: '2026-11-23T09:30:15.123Z',
      allotment: 5,
      used: 3,
      remaining: 2,
    });
  });

  it('is closed at its end, with nothing left', () => {
    expect(toWindowView({ openedAt: T, used: 3 }, RULE, T + DAY_MS)).toMatchObject({ open: false, used: 3, remaining: 0 });
  });

  it('is there, closed, when nobody wrote', () => {
    expect(toWindowView(null, RULE, T)).toEqual({ open: false, openedAt: null, expiresAt: null, allotment: 5, used: 0, remaining: 0 });
  });
});

describe('the RateLimit headers', () => {
  it('say how many replies are left and for how many seconds', () => {
    expect(toRateLimitHeaders({ openedAt: T, used: 1 }, RULE, [], T + 1_001)).toEqual({
      'ratelimit-policy': '"reply-window";q=5;w=86400',
      ratelimit: '"reply-window";r=4;t=86399',
    });
  });

  it('say the same of each limit, with the seconds until a place comes free', () => {
    const limit = { windowMs: DAY_MS, available: 0, source: 'policy' as const };
    const limits = [
      { ...limit, name: 'account-24h', limit: 1_000, used: 12, remaining: 988, resetsAt: T + 60_000 },
      { ...limit, name: 'app-24h', limit: 15_000, used: 0, remaining: 15_000, resetsAt: null },
    ];
    expect(toRateLimitHeaders(null, RULE, limits, T + 1)).toEqual({
      'ratelimit-policy': '"reply-window";q=5;w=86400, "account-24h";q=1000;w=86400, "app-24h";q=15000;w=86400',
      ratelimit: '"reply-window";r=0, "account-24h";r=988;t=60, "app-24h";r=15000',
    });
  });

  it('name no time when there is no window open', () => {
    expect(toRateLimitHeaders({ openedAt: T, used: 1 }, RULE, [], T + DAY_MS).ratelimit).toBe('"reply-window";r=0');
    expect(toRateLimitHeaders(null, RULE, [], T).ratelimit).toBe('"reply-window";r=0');
    expect(toRateLimitHeaders({ openedAt: T, used: 1 }, RULE, [], T + DAY_MS - 1).ratelimit).toBe('"reply-window";r=4;t=1');
  });
});
