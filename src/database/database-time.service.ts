import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Clock } from '../kernel/clock.js';
import { SECOND_MS } from '../kernel/duration.js';
import { Log } from '../runtime/log.service.js';
import { type Timer, Timers } from '../runtime/timers.service.js';
import { Reader } from './reader.service.js';

/** How often the clock is set. Two clocks drift apart by some milliseconds in that time. */
const EVERY_MS = 30 * SECOND_MS;
/** Of so many questions the one that was answered soonest says it most precisely. */
const QUESTIONS = 5;
/** An answer that took longer says too little. */
const LONGEST_ANSWER_MS = SECOND_MS;
/** A clock of a machine that is so wrong is worth telling. */
const NOTABLE_MS = SECOND_MS;

/**
 * Several instances on one PostgreSQL decide about windows, limits and leases by one time: the database's. Each keeps its clock to it,
 * within half of what a question takes, so that no decision has to ask first. SQLite is used by one process, which has one clock anyway.
 */
@Injectable()
export class DatabaseTime implements OnModuleInit, OnModuleDestroy {
  private timer: Timer | null = null;
  private isTold = false;

  constructor(
    private readonly reader: Reader,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly log: Log,
    @InjectSettings('database') private readonly settings: Settings['database'],
  ) {}

  /** Before anything is decided. */
  async onModuleInit(): Promise<void> {
    if (this.settings.engine === 'postgres') {
      await this.keep();
      this.timer = this.timers.every(EVERY_MS, () => void this.keep().catch((error: unknown) => this.log.error('The database could not be asked for its time', {}, error)));
    }
  }

  onModuleDestroy(): void {
    this.timer?.cancel();
  }

  /** Sets the clock to the database's time. */
  async keep(): Promise<void> {
    let best = { tookMs: LONGEST_ANSWER_MS, aheadMs: null as number | null };
    for (let n = 0; n < QUESTIONS; n += 1) {
      const asked = this.timers.monotonicMs();
      const [row] = await this.reader.manager.query<{ now: number }[]>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now');
      const tookMs = this.timers.monotonicMs() - asked;
      if (row !== undefined && tookMs < best.tookMs) {
        best = { tookMs, aheadMs: row.now + tookMs / 2 - this.clock.now() };
      }
    }
    if (best.aheadMs !== null) {
      this.tellOnce(best.aheadMs);
      this.clock.moveBy(Math.round(best.aheadMs));
    }
  }

  private tellOnce(aheadMs: number): void {
    if (Math.abs(aheadMs) >= NOTABLE_MS && !this.isTold) {
      this.isTold = true;
      this.log.warn('The clock of this machine is not the database’s: the database’s counts', { aheadMs: Math.round(aheadMs) });
    }
  }
}
