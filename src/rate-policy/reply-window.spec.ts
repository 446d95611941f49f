import { DAY_MS, HOUR_MS } from '../kernel/duration.js';
import { expiresAt, giveBackReply, isOpen, remainingReplies, type ReplyWindow, takeReply, windowAfterInbound } from './reply-window.js';

const RULE = { allotment: 5, windowMs: DAY_MS };
const T = Date.UTC(2026, 10, 22, 9, 30, 15, 123);
const open = (used: number): ReplyWindow => ({ openedAt: T, used });

describe('an inbound message', () => {
  it('opens a window at X’s time of it, not at our time of arrival', () => {
    expect(windowAfterInbound(null, T, T + 3 * HOUR_MS)).toEqual(open(0));
  });

  it('that is newer opens another window and forgets what was used, though the first is still open', () => {
    expect(windowAfterInbound(open(5), T + 1, T + 1)).toEqual({ openedAt: T + 1, used: 0 });
    expect(windowAfterInbound(open(5), T + 2 * DAY_MS, T + 2 * DAY_MS)).toEqual({ openedAt: T + 2 * DAY_MS, used: 0 });
  });

  it.each([
    ['a duplicate', T, T + HOUR_MS],
    ['another message of the same millisecond', T, T],
    ['a late one that is a millisecond older', T - 1, T + HOUR_MS],
    ['a late one that is a day older', T - DAY_MS, T + HOUR_MS],
    ['one that comes after the window has closed', T, T + 2 * DAY_MS],
  ])('changes nothing when it is %s', (_what, inboundAt, now) => {
    const window = open(3);
    expect(windowAfterInbound(window, inboundAt, now)).toBe(window);
  });

  it('that X dates in the future counts as now', () => {
    expect(windowAfterInbound(null, T + HOUR_MS, T)).toEqual(open(0));
    expect(windowAfterInbound(open(2), T + HOUR_MS, T + 1)).toEqual({ openedAt: T + 1, used: 0 });
    expect(windowAfterInbound(open(2), T + HOUR_MS, T)).toEqual(open(2));
  });
});

describe('a reply window', () => {
  it.each([
    ['at the moment it opens', T, true],
    ['in its last millisecond', T + DAY_MS - 1, true],
    ['24 hours after it opened', T + DAY_MS, false],
    ['a millisecond later', T + DAY_MS + 1, false],
  ])('%s is open: %s, %s', (_when, now, isOpenThen) => {
    expect(isOpen(open(0), RULE, now)).toBe(isOpenThen);
    expect(remainingReplies(open(0), RULE, now)).toBe(isOpenThen ? 5 : 0);
    expect(takeReply(open(0), RULE, now).charge).toBe(isOpenThen ? 'reply' : 'rate-limit');
  });

  it('ends 24 hours after X’s time of the message', () => {
    expect(expiresAt(open(0), RULE)).toBe(T + 86_400_000);
  });

  it('is not open where nobody wrote', () => {
    expect(isOpen(null, RULE, T)).toBe(false);
    expect(remainingReplies(null, RULE, T)).toBe(0);
    expect(takeReply(null, RULE, T)).toEqual({ charge: 'rate-limit', window: null });
  });

  it('has five replies; the sixth counts towards the rate limit and takes nothing', () => {
    let window: ReplyWindow | null = open(0);
    const charges = Array.from({ length: 7 }, () => {
      const taken = takeReply(window, RULE, T + 1);
      window = taken.window;
      return taken.charge;
    });
    expect(charges).toEqual(['reply', 'reply', 'reply', 'reply', 'reply', 'rate-limit', 'rate-limit']);
    expect(window).toEqual(open(5));
    expect(remainingReplies(window, RULE, T + 1)).toBe(0);
  });

  it('has none left, and not less, when a smaller allotment is set while more are used', () => {
    expect(remainingReplies(open(5), { ...RULE, allotment: 3 }, T)).toBe(0);
    expect(takeReply(open(5), { ...RULE, allotment: 3 }, T)).toEqual({ charge: 'rate-limit', window: open(5) });
  });

  it('is left as it was by what is decided over it', () => {
    const window = Object.freeze(open(2));
    takeReply(window, RULE, T);
    giveBackReply(window, T);
    windowAfterInbound(window, T + 1, T + 1);
    expect(window).toEqual(open(2));
  });
});

describe('a reply that X did not take', () => {
  it('is given back to the window it was taken from', () => {
    expect(giveBackReply(open(5), T)).toEqual(open(4));
  });

  it('is given back although that window has closed meanwhile, which changes no decision', () => {
    const window = giveBackReply(open(5), T);
    expect(takeReply(window, RULE, T + DAY_MS).charge).toBe('rate-limit');
  });

  it.each([
    ['another window is open now', open(3), T - DAY_MS],
    ['it was taken from no window', open(3), null],
    ['nothing is used', open(0), T],
    ['there is no window', null, T],
  ])('changes nothing when %s', (_why, window, chargedWindow) => {
    expect(giveBackReply(window, chargedWindow)).toBe(window);
  });
});
