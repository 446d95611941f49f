import { readLimits } from './x-limits.js';

const SECONDS = 1_787_040_900;
const of = (name: string, [limit, remaining, reset]: [unknown, unknown, unknown]) => ({ [`${name}-limit`]: limit, [`${name}-remaining`]: remaining, [`${name}-reset`]: reset });

describe('what X says of its limits', () => {
  it('is read from each triple of headers, its resets in milliseconds', () => {
    const headers = {
      ...of('x-rate-limit', ['15', '3', `${SECONDS}`]),
      ...of('x-user-limit-24hour', ['1000', '0', `${SECONDS + 60}`]),
      ...of('x-app-limit-24hour', ['15000', '14999', `${SECONDS + 120}`]),
    };
    expect(readLimits(headers)).toEqual([
      { of: 'endpoint', limit: 15, remaining: 3, resetsAt: SECONDS * 1_000 },
      { of: 'account-24h', limit: 1_000, remaining: 0, resetsAt: (SECONDS + 60) * 1_000 },
      { of: 'app-24h', limit: 15_000, remaining: 14_999, resetsAt: (SECONDS + 120) * 1_000 },
    ]);
  });

  it('holds without the limit itself', () => {
    expect(readLimits(of('x-rate-limit', [undefined, '0', `${SECONDS}`]))).toEqual([{ of: 'endpoint', limit: null, remaining: 0, resetsAt: SECONDS * 1_000 }]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['no header', {}],
    ['a reset that is no number', of('x-rate-limit', ['15', '0', 'soon'])],
    ['a reset of nothing', of('x-rate-limit', ['15', '0', '0'])],
    ['a reset before 1970', of('x-rate-limit', ['15', '0', '-5'])],
    ['a reset that no calendar has', of('x-rate-limit', ['15', '0', '9999999999999'])],
    ['no reset', { 'x-rate-limit-remaining': '0' }],
    ['an empty remainder', of('x-rate-limit', ['15', '', `${SECONDS}`])],
    ['a negative remainder', of('x-rate-limit', ['15', '-1', `${SECONDS}`])],
    ['a remainder that is null', of('x-rate-limit', ['15', null, `${SECONDS}`])],
    ['a header that came twice', of('x-rate-limit', ['15', ['0', '1'], `${SECONDS}`])],
  ])('is nothing with %s', (_what, headers) => {
    expect(readLimits(headers)).toEqual([]);
  });
});
