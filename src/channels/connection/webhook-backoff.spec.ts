import { MINUTE_MS } from '../../kernel/duration.js';
import { revalidateDelayMs } from './webhook-backoff.js';

describe('how long X is left alone after its challenge failed', () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 10],
    [3, 20],
    [4, 40],
    [5, 60],
    [6, 60],
    [1_000, 60],
  ])('%d failures in a row: %d minutes', (failures, minutes) => {
    expect(revalidateDelayMs(failures)).toBe(minutes * MINUTE_MS);
  });
});
