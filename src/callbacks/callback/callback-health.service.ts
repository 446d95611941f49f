import { Injectable } from '@nestjs/common';
import { type EntityManager, In, IsNull, Not } from 'typeorm';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { Clock } from '../../kernel/clock.js';
import { Log } from '../../runtime/log.service.js';
import { DeliveryEntity } from '../delivery/delivery.entity.js';
import { type AttemptResult, isSuccess, type NextStep } from '../delivery/retry-schedule.js';
import { TeamEvents } from '../event/team-events.service.js';
import { toCallbackDto } from './callback.dto.js';
import { CallbackDirectory } from './callback-directory.service.js';
import { CallbackEntity, type DisabledReason } from './callback.entity.js';

/** A receiver that says one of these asks everybody to wait, not just this delivery. */
const ASKS_TO_WAIT = [429, 503];

/** How receivers fare: since when one has failed, when it is left alone, when it is switched off. Called in the unit of work of the attempts. */
@Injectable()
export class CallbackHealth {
  constructor(
    private readonly directory: CallbackDirectory,
    private readonly teamEvents: TeamEvents,
    private readonly clock: Clock,
    private readonly log: Log,
    @InjectSettings('callbacks') private readonly settings: Settings['callbacks'],
  ) {}

  /** The callbacks whose row these results change, locked: one that does well, and did so before, is none of them. */
  async lock(manager: EntityManager, results: readonly { callbackId: string; result: AttemptResult }[]): Promise<Map<string, CallbackEntity>> {
    const [well, badly] = [true, false].map((wanted) => In(results.filter(({ result }) => isSuccess(result) === wanted).map(({ callbackId }) => callbackId)));
    const rows = await manager.find(CallbackEntity, {
      where: [{ id: badly }, { id: well, failingSince: Not(IsNull()) }],
      order: { id: 'ASC' },
      ...lockedForUpdate<CallbackEntity>(manager),
    });
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Notes how an attempt went, which may switch the callback off. */
  async note(manager: EntityManager, callback: CallbackEntity, result: AttemptResult, next: NextStep): Promise<void> {
    const now = this.clock.now();
    if (next.kind === 'delivered') {
      await this.change(manager, callback, { failingSince: null, pausedUntil: null });
      return;
    }
    const failingSince = callback.failingSince ?? now;
    const isAskedToWait = result.kind === 'answered' && ASKS_TO_WAIT.includes(result.status) && result.retryAfterMs !== null;
    await this.change(manager, callback, { failingSince, ...(isAskedToWait && next.kind === 'again' ? { pausedUntil: next.at } : {}) });
    if (callback.isEnabled && (next.kind === 'gone' || now - failingSince >= this.settings.disableAfterMs)) {
      await this.disable(manager, callback, next.kind === 'gone' ? 'gone' : 'failing');
    }
  }

  /** Switches a callback off: what is not delivered yet has failed, and can be redelivered. The team is told, in its feed and by its other callbacks. */
  async disable(manager: EntityManager, callback: CallbackEntity, reason: DisabledReason): Promise<void> {
    const now = this.clock.now();
    await this.change(manager, callback, { isEnabled: false, disabledReason: reason, updatedAt: now });
    await manager.update(DeliveryEntity, { callbackId: callback.id, status: 'pending' }, { status: 'failed', nextAttemptAt: null, endedAt: now });
    if (reason !== 'by-team') {
      this.log.warn('A callback was switched off', { callbackId: callback.id, reason });
      await this.teamEvents.tell([{ team: callback.team, channelId: null, conversationId: null, type: 'callback.disabled', data: toCallbackDto(callback), occurredAt: now }]);
    }
  }

  private async change(manager: EntityManager, callback: CallbackEntity, change: Partial<CallbackEntity>): Promise<void> {
    const isNew = Object.entries(change).some(([name, value]) => callback[name as keyof CallbackEntity] !== value);
    if (isNew) {
      Object.assign(callback, change);
      await manager.update(CallbackEntity, { id: callback.id }, change);
      this.directory.noteChange();
    }
  }
}
