import { Injectable } from '@nestjs/common';
import { Mutex } from 'async-mutex';
import { LessThanOrEqual } from 'typeorm';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { MINUTE_MS, SECOND_MS } from '../../kernel/duration.js';
import { Problem } from '../../kernel/problem.js';
import { Randomness } from '../../runtime/randomness.service.js';
import { Timers } from '../../runtime/timers.service.js';
import { ConnectionTurnEntity } from './connection-turn.entity.js';

/** A turn that is not prolonged ends after this: its instance died. */
const TURN_MS = MINUTE_MS;
const PROLONG_EVERY_MS = 15 * SECOND_MS;
const ASK_AGAIN_MS = 250;
/** How long somebody who connects a channel waits for another instance. */
const WAIT_MS = 30 * SECOND_MS;

/**
 * One at a time changes the webhooks and subscriptions of an app, over all instances: two that register the same webhook at once, or of
 * which one deletes what the other has just made, leave the app without one.
 */
@Injectable()
export class ConnectionTurns {
  private readonly gates = new Map<string, Mutex>();
  private readonly owner: string;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly timers: Timers,
    randomness: Randomness,
  ) {
    this.owner = randomness.bytes(12).toString('base64url');
  }

  /** @throws Problem `service.unavailable` when another instance does not come to its end */
  run<T>(appFingerprint: string, work: () => Promise<T>): Promise<T> {
    const gate = this.gates.get(appFingerprint) ?? new Mutex();
    this.gates.set(appFingerprint, gate);
    return gate.runExclusive(async () => {
      await this.take(appFingerprint);
      const prolonging = this.timers.every(PROLONG_EVERY_MS, () => void this.prolong(appFingerprint).catch(() => undefined));
      try {
        return await work();
      } finally {
        prolonging.cancel();
        // What fails here ends by itself.
        await this.end(appFingerprint).catch(() => undefined);
      }
    });
  }

  private async take(appFingerprint: string): Promise<void> {
    const giveUpAt = this.timers.monotonicMs() + WAIT_MS;
    while (!(await this.tryToTake(appFingerprint))) {
      if (this.timers.monotonicMs() > giveUpAt) {
        throw new Problem('service.unavailable', 'Another instance of this service is connecting channels of the same app.', { retryAfterMs: 10 * SECOND_MS });
      }
      await new Promise<void>((resolve) => this.timers.after(ASK_AGAIN_MS, resolve));
    }
  }

  private tryToTake(appFingerprint: string): Promise<boolean> {
    return this.unitOfWork.run(async (manager) => {
      const now = this.clock.now();
      await manager.createQueryBuilder().insert().into(ConnectionTurnEntity).values({ appFingerprint, owner: null, until: 0 }).orIgnore().updateEntity(false).execute();
      const taken = await manager.update(ConnectionTurnEntity, { appFingerprint, until: LessThanOrEqual(now) }, { owner: this.owner, until: now + TURN_MS });
      return taken.affected === 1;
    });
  }

  private async prolong(appFingerprint: string): Promise<void> {
    await this.unitOfWork.run((manager) => manager.update(ConnectionTurnEntity, { appFingerprint, owner: this.owner }, { until: this.clock.now() + TURN_MS }));
  }

  private async end(appFingerprint: string): Promise<void> {
    await this.unitOfWork.run((manager) => manager.update(ConnectionTurnEntity, { appFingerprint, owner: this.owner }, { owner: null, until: 0 }));
  }
}
