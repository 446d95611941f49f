import { Injectable } from '@nestjs/common';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Timers } from '../../runtime/timers.service.js';
import { CallbackEntity } from './callback.entity.js';

/** How long what was read is taken for read: another instance's change is seen after this, our own at once. */
const KEEP_MS = 1_000;

/** The callbacks that are told, as each event and each delivery asks for them. */
@Injectable()
export class CallbackDirectory {
  private recent: { readAt: number; found: Promise<CallbackEntity[]> } | null = null;

  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly timers: Timers,
  ) {}

  /** A callback changes in the running unit of work. */
  noteChange(): void {
    this.unitOfWork.afterCommit(() => {
      this.recent = null;
    });
  }

  /** Of all teams. */
  listEnabled(): Promise<CallbackEntity[]> {
    const now = this.timers.monotonicMs();
    if (this.recent === null || now - this.recent.readAt >= KEEP_MS) {
      const recent = { readAt: now, found: this.reader.repository(CallbackEntity).find({ where: { isEnabled: true }, order: { id: 'ASC' } }) };
      this.recent = recent;
      recent.found.catch(() => {
        this.recent = this.recent === recent ? null : this.recent;
      });
    }
    return this.recent.found;
  }
}
