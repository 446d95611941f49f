import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { IsNull, LessThan } from 'typeorm';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { MINUTE_MS } from '../kernel/duration.js';
import { Log } from '../runtime/log.service.js';
import { type Timer, Timers } from '../runtime/timers.service.js';
import { ApiKeyEntity } from './api-key.entity.js';

/** When keys were used last: kept in memory and written once a minute, so that no request waits for it. After a crash a minute of it is lost. */
@Injectable()
export class KeyUses implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly unwritten = new Map<string, Instant>();
  private timer: Timer | null = null;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = this.timers.every(MINUTE_MS, () => void this.write());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.timer?.cancel();
    await this.write();
  }

  note(keyId: string): void {
    this.unwritten.set(keyId, this.clock.now());
  }

  /** What a row does not tell yet. */
  lastOf({ id, lastUsedAt }: ApiKeyEntity): Instant | null {
    return this.unwritten.get(id) ?? lastUsedAt;
  }

  private async write(): Promise<void> {
    const uses = [...this.unwritten];
    if (uses.length === 0) {
      return;
    }
    try {
      await this.unitOfWork.run(async (manager) => {
        for (const [id, lastUsedAt] of uses) {
          await manager.update(ApiKeyEntity, [{ id, lastUsedAt: IsNull() }, { id, lastUsedAt: LessThan(lastUsedAt) }], { lastUsedAt });
        }
      });
      uses.forEach(([id, at]) => this.unwritten.get(id) === at && this.unwritten.delete(id));
    } catch (error) {
      this.log.warn('When keys were used could not be written; it is tried again', { keys: uses.length });
      this.log.debug('Why it could not', { errorMessage: error instanceof Error ? error.message : '' });
    }
  }
}
