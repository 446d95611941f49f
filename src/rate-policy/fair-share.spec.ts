import { availableToChannel, unusedShares } from './fair-share.js';

const channel = (accountId: string, used: number, share: number | null = null) => ({ accountId, used, share });

/** What each may use, with that much left of the app's limit. */
function available(remaining: number, accountLimit: number, ...channels: ReturnType<typeof channel>[]): number[] {
  const unused = unusedShares(channels, remaining, accountLimit);
  return channels.map(({ accountId }) => availableToChannel(remaining, accountId, unused));
}

describe('the app’s limit', () => {
  it.each([
    ['is one channel’s alone', [10], available(10, 10, channel('a', 0))],
    ['is divided equally', [5, 5], available(10, 10, channel('a', 0), channel('b', 0))],
    ['keeps nothing back while all accounts’ own limits fit in', [10, 10], available(30, 10, channel('a', 0), channel('b', 0)).map((one) => Math.min(one, 10))],
    ['keeps the other’s part for it when one has used its own', [0, 5], available(5, 10, channel('a', 5), channel('b', 0))],
    ['keeps no more for an account than its own limit', [7, 3], available(10, 3, channel('a', 0), channel('b', 0)).map((one, n) => (n === 1 ? Math.min(one, 3) : one))],
    ['is divided by named shares, and equally among the others', [2, 4, 4], available(10, 10, channel('a', 0, 0.2), channel('b', 0), channel('c', 0))],
    ['keeps nothing for a share of 0, which may use what others leave', [0, 10], available(10, 10, channel('a', 0, 0), channel('b', 0, 1))],
    ['shrinks shares that come to more than the whole', [5, 5], available(10, 10, channel('a', 0, 1), channel('b', 0, 1))],
    ['divides what an earlier channel has left when others join', [0, 1, 1], available(2, 10, channel('a', 8), channel('b', 0), channel('c', 0))],
    ['gives the odd place to whoever comes first', [1, 1], available(1, 10, channel('a', 0), channel('b', 0))],
    ['has nothing for anybody when it is used up', [0, 0], available(0, 10, channel('a', 9), channel('b', 1))],
  ])('%s', (_what, expected, found) => {
    expect(found).toEqual(expected);
  });

  it('does not erode: with little left by X’s word, one channel that sends alone stops at its part', () => {
    let used = 0;
    while (available(100 - used, 1_000, channel('a', used), channel('b', 0))[0] !== 0) {
      used += 1;
    }
    expect(used).toBe(50);
  });
});
