import { DAY_MS } from '../kernel/duration.js';
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
    expect(toRateLimitHeaders({ openedAt: T, used: 1 }, RULE, T + 1_001)).toEqual({
      'ratelimit-policy': '"reply-window";q=5;w=86400',
      ratelimit: '"reply-window";r=4;t=86399',
    });
  });

  it('name no time when there is no window open', () => {
    expect(toRateLimitHeaders({ openedAt: T, used: 1 }, RULE, T + DAY_MS).ratelimit).toBe('"reply-window";r=0');
    expect(toRateLimitHeaders(null, RULE, T).ratelimit).toBe('"reply-window";r=0');
    expect(toRateLimitHeaders({ openedAt: T, used: 1 }, RULE, T + DAY_MS - 1).ratelimit).toBe('"reply-window";r=4;t=1');
  });
});
