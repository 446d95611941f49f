import type { Clock } from '../kernel/clock.js';
import type { Timers } from '../runtime/timers.service.js';
import { EventRush } from './event-rush.service.js';

const PROCESS_WITHIN_MS = 5_000;

/** Time that passes when somebody waits for it, as far as the test lets it. */
class PassingTime {
  now = 1_000_000;
  /** What happens whenever time has passed. */
  onPassed: () => void = () => undefined;

  readonly clock = { now: () => this.now } as Clock;
  readonly timers = {
    monotonicMs: () => this.now,
    after: (ms: number, action: () => void) => {
      this.now += ms;
      this.onPassed();
      action();
      return { cancel: () => undefined };
    },
  } as unknown as Timers;
}

describe('In a rush of events', () => {
  function start(): { time: PassingTime; rush: EventRush; giveWay: (isStopping?: () => boolean) => Promise<number> } {
    const time = new PassingTime();
    const settings = { maxBodyBytes: 1_024, groupCommitMaxRows: 256, acknowledgeWithinMs: 2_400, processWithinMs: PROCESS_WITHIN_MS };
    const rush = new EventRush(time.clock, time.timers, settings);
    return {
      time,
      rush,
      giveWay: async (isStopping = () => false) => {
        const since = time.now;
        await rush.giveWay(since, isStopping);
        return time.now - since;
      },
    };
  }

  it('nothing waits when nothing was stored, or little at a time', async () => {
    const { rush, giveWay } = start();
    expect(await giveWay()).toBe(0);
    rush.noteCommit(15);
    expect(await giveWay()).toBe(0);
  });

  it('what is stored waits until no commit holds many', async () => {
    const { time, rush, giveWay } = start();
    let commits = 20;
    time.onPassed = () => {
      commits -= 1;
      rush.noteCommit(commits > 0 ? 50 : 3);
    };
    rush.noteCommit(50);
    const waited = await giveWay();
    expect(commits).toBeLessThanOrEqual(0);
    expect(waited).toBeLessThan(1_000);
  });

  it('what is stored waits no longer than `webhook.processWithinMs`, however long the rush is', async () => {
    const { time, rush, giveWay } = start();
    time.onPassed = () => rush.noteCommit(50);
    rush.noteCommit(50);
    const waited = await giveWay();
    expect(waited).toBeGreaterThanOrEqual(PROCESS_WITHIN_MS);
    expect(waited).toBeLessThan(PROCESS_WITHIN_MS + 100);
  });

  it('nothing waits that is to stop', async () => {
    const { time, rush, giveWay } = start();
    time.onPassed = () => rush.noteCommit(50);
    rush.noteCommit(50);
    expect(await giveWay(() => true)).toBe(0);
  });
});
