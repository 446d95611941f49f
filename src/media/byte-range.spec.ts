import { parseByteRange } from './byte-range.js';

const part = (start: number, end: number) => ({ kind: 'part', start, end });

describe('A Range header', () => {
  it.each([
    ['bytes=0-0', part(0, 0)],
    ['bytes=10-19', part(10, 19)],
    ['bytes=90-', part(90, 99)],
    ['bytes=-10', part(90, 99)],
    ['bytes=-1000', part(0, 99)],
    ['bytes=50-1000', part(50, 99)],
    ['bytes = 1 - 2', part(1, 2)],
  ])('asks for a part: %s', (header, range) => {
    expect(parseByteRange(header, 100)).toEqual(range);
  });

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0'])('asks for what is not there: %s', (header) => {
    expect(parseByteRange(header, 100)).toEqual({ kind: 'unsatisfiable' });
  });

  it.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=5-4', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,5-6', 'bytes=-1-2', 'bytes=1234567890123456-'])('is no reason not to answer with the whole: %s', (header) => {
    expect(parseByteRange(header, 100)).toEqual({ kind: 'whole' });
  });
});
