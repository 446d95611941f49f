import { WokenWork } from './woken-work.service.js';

/** Work whose ends the test decides. */
class Steps {
  readonly ends: (() => void)[] = [];
  readonly failures: unknown[] = [];
  readonly woken = new WokenWork(
    () => new Promise((done) => this.ends.push(done)),
    (error) => this.failures.push(error),
  );

  async end(): Promise<void> {
    this.ends.at(-1)?.();
    await new Promise((done) => setImmediate(done));
  }
}

describe('work that is woken', () => {
  it('runs once at a time, and once more when it was woken meanwhile', async () => {
    const steps = new Steps();
    steps.woken.wake();
    steps.woken.wake();
    steps.woken.wake();
    expect(steps.ends).toHaveLength(1);
    await steps.end();
    expect(steps.ends).toHaveLength(2);
    await steps.end();
    expect(steps.ends).toHaveLength(2);
    steps.woken.wake();
    expect(steps.ends).toHaveLength(3);
  });

  it('goes on after a failure when it is woken again', async () => {
    let tries = 0;
    const failures: unknown[] = [];
    const woken = new WokenWork(async () => {
      tries += 1;
      throw new Error('no');
    }, (error) => failures.push(error));
    woken.wake();
    await new Promise((done) => setImmediate(done));
    woken.wake();
    await new Promise((done) => setImmediate(done));
    expect([tries, failures.length]).toEqual([2, 2]);
  });

  it('begins nothing more once it is stopped, and is waited for', async () => {
    const steps = new Steps();
    steps.woken.wake();
    steps.woken.wake();
    let isStopped = false;
    const stopping = steps.woken.stop().then(() => (isStopped = true));
    await new Promise((done) => setImmediate(done));
    expect([isStopped, steps.woken.isStopping]).toEqual([false, true]);
    await steps.end();
    await stopping;
    steps.woken.wake();
    expect(steps.ends).toHaveLength(1);
  });
});
