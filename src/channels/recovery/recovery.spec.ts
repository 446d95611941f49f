import { DAY_MS } from '../../kernel/duration.js';
import { HISTORY_MS, OVERLAP_MS, passOf } from './recovery.js';

describe('a reading of X’s history', () => {
  const now = Date.UTC(2026, 10, 26);
  const beganAt = now - 400 * DAY_MS;
  const idle = { channelId: 'chn_1', passSince: null, passUntil: null, cursor: null };

  it('begins now and goes back to a little before what the last one had', () => {
    const completeUntil = now - DAY_MS;
    expect(passOf({ ...idle, completeUntil }, beganAt, now)).toEqual({ passSince: completeUntil - OVERLAP_MS, passUntil: now, cursor: null });
  });

  it('goes back as far as X does, and no further', () => {
    expect(passOf({ ...idle, completeUntil: now - 90 * DAY_MS }, beganAt, now).passSince).toBe(now - HISTORY_MS);
  });

  it('does not go back before the channel was made', () => {
    const completeUntil = now - DAY_MS;
    expect(passOf({ ...idle, completeUntil }, completeUntil, now).passSince).toBe(completeUntil);
  });

  it('goes on where it was, with the beginning that it had', () => {
    const underWay = { passSince: now - 3 * DAY_MS, passUntil: now - DAY_MS, cursor: 'next' };
    expect(passOf({ channelId: 'chn_1', completeUntil: now - 3 * DAY_MS, ...underWay }, beganAt, now)).toEqual(underWay);
  });
});
