import { FixedWindow, SlidingWindow } from './rate-window.js';

const SPAN_MS = 1_000;

describe('a sliding window', () => {
  it('frees a place exactly one span after it was taken', () => {
    const window = new SlidingWindow(2, SPAN_MS);
    window.add(100);
    window.add(600);
    expect(window.hasRoom(100 + SPAN_MS - 1)).toBe(false);
    expect(window.hasRoom(100 + SPAN_MS)).toBe(true);
    expect(window.view(100 + SPAN_MS)).toEqual({ limit: 2, remaining: 1, resetsAt: 600 + SPAN_MS });
  });

  it('is empty again when everything has left', () => {
    const window = new SlidingWindow(1, SPAN_MS);
    window.add(0);
    expect(window.view(5_000)).toEqual({ limit: 1, remaining: 1, resetsAt: 5_000 + SPAN_MS });
  });
});

describe('a fixed window', () => {
  it('refuses past its limit and begins anew when it is over', () => {
    const window = new FixedWindow(2, SPAN_MS);
    expect([window.take(0), window.take(10), window.take(SPAN_MS - 1)]).toEqual([true, true, false]);
    expect(window.view(SPAN_MS - 1)).toEqual({ limit: 2, remaining: 0, resetsAt: SPAN_MS });
    expect(window.take(SPAN_MS)).toBe(true);
    expect(window.view(SPAN_MS)).toEqual({ limit: 2, remaining: 1, resetsAt: 2 * SPAN_MS });
  });
});
