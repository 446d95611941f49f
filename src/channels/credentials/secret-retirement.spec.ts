import { DAY_MS, MINUTE_MS } from '../../kernel/duration.js';
import { isRetired } from './secret-retirement.js';

describe('a replaced consumer secret', () => {
  const replacedAt = Date.UTC(2026, 10, 26);

  it('is trusted while X is not seen to sign with its successor, for a week at most', () => {
    expect(isRetired(replacedAt, null, replacedAt + 7 * DAY_MS - 1)).toBe(false);
    expect(isRetired(replacedAt, null, replacedAt + 7 * DAY_MS)).toBe(true);
  });

  it('is trusted for ten minutes after that: retries that are on their way still bear it', () => {
    const seenAt = replacedAt + DAY_MS;
    expect(isRetired(replacedAt, seenAt, seenAt)).toBe(false);
    expect(isRetired(replacedAt, seenAt, seenAt + 10 * MINUTE_MS - 1)).toBe(false);
    expect(isRetired(replacedAt, seenAt, seenAt + 10 * MINUTE_MS)).toBe(true);
  });
});
