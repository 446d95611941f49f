import { DAY_MS } from '../../kernel/duration.js';
import { ReplyAllowance } from './reply-allowance.js';

const RECEIVED_AT = Date.UTC(2026, 0, 15, 12);

function takeMany(allowance: ReplyAllowance, count: number, at: number): boolean[] {
  return Array.from({ length: count }, () => allowance.take(at));
}

describe('the free replies', () => {
  it('are none before somebody wrote', () => {
    expect(new ReplyAllowance().take(RECEIVED_AT)).toBe(false);
  });

  it('are five: the sixth counts against the limits', () => {
    const allowance = new ReplyAllowance();
    allowance.receive(RECEIVED_AT);
    expect(takeMany(allowance, 6, RECEIVED_AT)).toEqual([true, true, true, true, true, false]);
    expect(allowance.view(RECEIVED_AT)).toMatchObject({ used: 5, remaining: 0, isOpen: true });
  });

  it('last until one millisecond before 24 hours are over', () => {
    const allowance = new ReplyAllowance();
    allowance.receive(RECEIVED_AT);
    expect(allowance.take(RECEIVED_AT + DAY_MS - 1)).toBe(true);
    expect(allowance.take(RECEIVED_AT + DAY_MS)).toBe(false);
    expect(allowance.view(RECEIVED_AT + DAY_MS)).toMatchObject({ isOpen: false, remaining: 0, expiresAt: RECEIVED_AT + DAY_MS });
  });

  it('start again, time and number, with every newer message', () => {
    const allowance = new ReplyAllowance();
    allowance.receive(RECEIVED_AT);
    takeMany(allowance, 5, RECEIVED_AT);
    allowance.receive(RECEIVED_AT + 1);
    expect(allowance.view(RECEIVED_AT + 1)).toEqual({
      isOpen: true,
      openedAt: RECEIVED_AT + 1,
      expiresAt: RECEIVED_AT + 1 + DAY_MS,
      used: 0,
      remaining: 5,
    });
  });

  it('do not start again with a message that is not newer', () => {
    const allowance = new ReplyAllowance();
    allowance.receive(RECEIVED_AT);
    takeMany(allowance, 2, RECEIVED_AT);
    allowance.receive(RECEIVED_AT);
    allowance.receive(RECEIVED_AT - 1000);
    expect(allowance.view(RECEIVED_AT)).toMatchObject({ openedAt: RECEIVED_AT, used: 2 });
  });
});
