import { Injectable } from '@nestjs/common';

/** A timer that was set; `cancel` may be called at any time and more than once. */
export interface Timer {
  cancel(): void;
}

/** The only place that sets timers. None of them keeps the process alive on its own. */
@Injectable()
export class Timers {
  after(delayMs: number, action: () => void): Timer {
    const handle = setTimeout(action, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  }

  every(periodMs: number, action: () => void): Timer {
    const handle = this.interval(periodMs, action);
    return { cancel: () => clearInterval(handle) };
  }

  /** Milliseconds on a clock that nobody sets and that goes on while the process is frozen: for spans within this process. */
  monotonicMs(): number {
    return performance.now();
  }

  /** The bare handle, for a registry that clears it itself. */
  interval(periodMs: number, action: () => void): NodeJS.Timeout {
    const handle = setInterval(action, periodMs);
    handle.unref();
    return handle;
  }

  /** Resolves with the work's value, or with `onTimeout()` when the work takes longer; the work itself goes on. */
  async within<T, U>(limitMs: number, work: Promise<T>, onTimeout: () => U): Promise<T | U> {
    let timer: Timer | undefined;
    const limit = new Promise<U>((resolve) => {
      timer = this.after(limitMs, () => resolve(onTimeout()));
    });
    try {
      return await Promise.race([work, limit]);
    } finally {
      timer?.cancel();
    }
  }
}
