import { randomBytes } from 'node:crypto';
import type { Instant } from '../kernel/clock.js';

/** Where the sandbox gets time and chance from. Nothing else in it reads the system clock, draws random bytes or sets a timer. */
export interface Ambient {
  /** X's own clock: message times, windows and limits. A test moves it. */
  now(): Instant;
  /** The clock OAuth timestamps are held against: the clients that sign read the system clock, so a moved `now` must not refuse them. */
  signingNow(): Instant;
  /** Milliseconds since some fixed point, for measuring how long a call took. */
  elapsedMs(): number;
  randomBytes(length: number): Buffer;
  /** Resolves after that many real milliseconds; never resolves once the sandbox is closed. */
  wait(delayMs: number): Promise<void>;
  /** Runs `task` again and again until the sandbox closes. */
  every(intervalMs: number, task: () => void): void;
  close(): void;
}

export function createAmbient(now: () => Instant = Date.now, signingNow: () => Instant = Date.now): Ambient {
  const timers = new Set<NodeJS.Timeout>();
  return {
    now,
    signingNow,
    elapsedMs: () => performance.now(),
    randomBytes: (length) => randomBytes(length),
    wait: (delayMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          timers.delete(timer);
          resolve();
        }, delayMs);
        timers.add(timer);
      }),
    every: (intervalMs, task) => {
      const timer = setInterval(task, intervalMs);
      timer.unref();
      timers.add(timer);
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
