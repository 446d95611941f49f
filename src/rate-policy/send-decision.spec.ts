import { BEYOND_ALLOTMENT } from '../config/settings.js';
import { DAY_MS } from '../kernel/duration.js';
import type { ReplyWindow } from './reply-window.js';
import { decideSend } from './send-decision.js';

const RULE = { allotment: 5, windowMs: DAY_MS };
const T = Date.UTC(2026, 10, 22);
const open = (used: number): ReplyWindow => ({ openedAt: T, used });

describe('a send inside the allotment', () => {
  it.each(BEYOND_ALLOTMENT)('is a free reply, whatever happens beyond (%s)', (beyondAllotment) => {
    expect(decideSend(open(4), RULE, beyondAllotment, T + DAY_MS - 1)).toEqual({ kind: 'send', charge: 'reply', window: open(5) });
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
    expect(decideSend(window, RULE, 'count', now)).toEqual({ kind: 'send', charge: 'rate-limit', window });
  });

  it.each(beyond)('is held under `hold`, and says why: %s', (_what, window, now, reason) => {
    expect(decideSend(window, RULE, 'hold', now)).toEqual({ kind: 'hold', reason, window });
  });

  it.each(beyond)('is refused under `refuse`, and says why: %s', (_what, window, now, reason) => {
    expect(decideSend(window, RULE, 'refuse', now)).toEqual({ kind: 'refuse', reason, window });
  });

  it('under a policy that does not exist is an error of ours', () => {
    expect(() => decideSend(null, RULE, 'ignore' as never, T)).toThrow('Unexpected value: ignore');
  });
});
