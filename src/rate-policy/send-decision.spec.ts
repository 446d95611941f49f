import { BEYOND_ALLOTMENT } from '../config/settings.js';
import { DAY_MS } from '../kernel/duration.js';
import type { ReplyWindow } from './reply-window.js';
import type { LimitState } from './limit.js';
import { decideSend, type SendSituation } from './send-decision.js';

const RULE = { allotment: 5, windowMs: DAY_MS };
const T = Date.UTC(2026, 10, 22);
const open = (used: number): ReplyWindow => ({ openedAt: T, used });

/** A send under `count` by somebody who may start conversations, with nothing in the way. */
const decide = (own: Partial<SendSituation>) =>
  decideSend({ now: T, window: null, windowRule: RULE, beyondAllotment: 'count', startPermission: 'allowed', limits: [], isBehindOthers: false, ...own });

const limit = (name: string, available: number, resetsAt: number | null): LimitState => ({ name, windowMs: DAY_MS, limit: 9, used: 9 - available, remaining: available, available, resetsAt, source: 'policy' });

describe('a send inside the allotment', () => {
  it.each(BEYOND_ALLOTMENT)('is a free reply, whatever happens beyond (%s)', (beyondAllotment) => {
    expect(decide({ window: open(4), beyondAllotment, now: T + DAY_MS - 1 })).toEqual({ kind: 'send', charge: 'reply', window: open(5) });
  });
});

describe('a send beyond it', () => {
  const beyond: [string, ReplyWindow | null, number, 'window-closed' | 'allotment-used'][] = [
    ['the sixth in a window', open(5), T + 1, 'allotment-used'],
    ['the sixth in the window’s last millisecond', open(5), T + DAY_MS - 1, 'allotment-used'],
    ['one at the end of a window that has replies left', open(4), T + DAY_MS, 'window-closed'],
    ['one at the end of a window that is used up', open(5), T + DAY_MS, 'window-closed'],
    ['one to somebody who never wrote', null, T, 'window-closed'],
  ];

  it.each(beyond)('is sent and counts towards the rate limit under `count`: %s', (_what, window, now) => {
    expect(decide({ window, beyondAllotment: 'count', now })).toEqual({ kind: 'send', charge: 'rate-limit', window });
  });

  it.each(beyond)('is held under `hold`, and says why: %s', (_what, window, now, reason) => {
    expect(decide({ window, beyondAllotment: 'hold', now })).toEqual({ kind: 'hold', reason, until: null, window });
  });

  it.each(beyond)('is refused under `refuse`, and says why: %s', (_what, window, now, reason) => {
    expect(decide({ window, beyondAllotment: 'refuse', now })).toEqual({ kind: 'refuse', reason, window });
  });

  it('under a policy that does not exist is an error of ours', () => {
    expect(() => decide({ beyondAllotment: 'ignore' as never })).toThrow('Unexpected value: ignore');
  });
});

describe('a send that counts', () => {
  it('waits for the latest of the limits that are used up', () => {
    const limits = [limit('account-15m', 0, T + 60_000), limit('account-24h', 0, T + 5 * 60_000), limit('app-24h', 1, T + DAY_MS)];
    expect(decide({ window: open(5), limits })).toEqual({ kind: 'hold', reason: 'rate-limit', until: T + 5 * 60_000, window: open(5) });
  });

  it('waits without a time when nothing on record says when a place comes free', () => {
    expect(decide({ window: open(5), limits: [limit('account-24h', 0, null)] })).toMatchObject({ kind: 'hold', until: null });
  });

  it('waits behind those that wait already, though there is a place', () => {
    expect(decide({ window: open(5), limits: [limit('account-24h', 1, null)], isBehindOthers: true })).toMatchObject({ kind: 'hold', reason: 'rate-limit', until: T });
  });

  it.each([
    ['allowed', { kind: 'send', charge: 'rate-limit', window: null }],
    ['not-allowed', { kind: 'refuse', reason: 'cannot-start-conversation', window: null }],
    ['ask', { kind: 'ask', window: null }],
  ] as const)('and starts a conversation needs X’s word: %s', (startPermission, expected) => {
    expect(decide({ startPermission })).toEqual(expected);
    expect(decide({ startPermission, window: open(5) })).toMatchObject({ kind: 'send', charge: 'rate-limit' });
  });

  it('is refused rather than held when it could not start the conversation anyway', () => {
    expect(decide({ startPermission: 'not-allowed', limits: [limit('account-24h', 0, T)] })).toMatchObject({ kind: 'refuse' });
  });
});
