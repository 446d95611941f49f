import { Problem, unreachable } from './problem.js';

describe('a problem', () => {
  it('is an error that says its code and its detail, and keeps its cause', () => {
    const cause = new Error('deeper');
    const problem = new Problem('channel.not-found', 'There is no channel chn_1.', { cause });
    expect(problem).toBeInstanceOf(Error);
    expect(problem).toMatchObject({ name: 'Problem', code: 'channel.not-found', detail: 'There is no channel chn_1.', cause });
    expect(problem.message).toBe('channel.not-found: There is no channel chn_1.');
  });

  it('has no extras unless it is given some', () => {
    expect(new Problem('service.internal', 'No.').extras).toEqual({});
  });
});

describe('a value outside a closed set', () => {
  it('is an error that names it', () => {
    expect(() => unreachable('other' as never)).toThrow('Unexpected value: other');
  });
});
