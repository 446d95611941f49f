import type { Timers } from '../runtime/timers.service.js';

/** A terminal is drawn anew so often; anything else gets a line so often. */
const REDRAW_AFTER_MS = 100;
const LINE_AFTER_MS = 2_000;
const BAR_WIDTH = 30;

/** How far the work has come: a bar on a terminal, a line now and then elsewhere. */
export class Progress {
  private done = 0;
  private all = 0;
  private title = '';
  private shownAt = 0;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly timers: Timers,
  ) {}

  begin(title: string, all: number): void {
    Object.assign(this, { title, all, done: 0, shownAt: this.timers.monotonicMs() });
  }

  add(rows: number): void {
    this.done += rows;
    const now = this.timers.monotonicMs();
    if (now - this.shownAt >= (this.stream.isTTY ? REDRAW_AFTER_MS : LINE_AFTER_MS)) {
      this.shownAt = now;
      this.stream.write(this.stream.isTTY ? `\r${this.bar()}` : `${this.words()}\n`);
    }
  }

  end(): void {
    this.stream.write(this.stream.isTTY ? `\r${this.bar()}\n` : `${this.words()}\n`);
  }

  /** A line that stands. */
  say(line: string): void {
    this.stream.write(`${line}\n`);
  }

  private bar(): string {
    const part = this.all === 0 ? 1 : Math.min(1, this.done / this.all);
    const full = Math.round(part * BAR_WIDTH);
    return `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}] ${this.words()}`;
  }

  private words(): string {
    const percent = this.all === 0 ? 100 : Math.floor((100 * this.done) / this.all);
    return `${this.title}: ${this.done.toLocaleString('en')} of ${this.all.toLocaleString('en')} rows (${percent} %)`;
  }
}
