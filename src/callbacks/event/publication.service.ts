import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { In, IsNull } from 'typeorm';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Reader } from '../../database/reader.service.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { RowWrites } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Log } from '../../runtime/log.service.js';
import { WokenWork } from '../../runtime/woken-work.service.js';
import { type Timer, Timers } from '../../runtime/timers.service.js';
import { CallbackEntity } from '../callback/callback.entity.js';
import { DeliveryEntity } from '../delivery/delivery.entity.js';
import { NewDeliveries } from '../delivery/new-deliveries.service.js';
import { EventStreamEntity } from './event-stream.entity.js';
import { inSequence } from './in-sequence.js';
import { TeamEventEntity } from './team-event.entity.js';

/** Most events that are published with one commit. */
const BATCH = 250;

/**
 * Gives committed events their places in the order that readers see, and makes a delivery for each callback that wants one, in one
 * transaction: `written with its cause → published`. One instance at a time does it, under the lock of one row.
 */
@Injectable()
export class Publication implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly listeners: (() => void)[] = [];
  private poll: Timer | null = null;
  private readonly work: WokenWork;

  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly newDeliveries: NewDeliveries,
    private readonly timers: Timers,
    log: Log,
    @InjectSettings('callbacks') private readonly settings: Settings['callbacks'],
  ) {
    this.work = new WokenWork(() => this.publishAll(), (error) => log.error('Events could not be published', {}, error));
  }

  onApplicationBootstrap(): void {
    // What another process, or an earlier run, wrote and did not publish.
    this.poll = this.timers.every(this.settings.pollMs, () => this.wake());
    this.wake();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.poll?.cancel();
    await this.work.stop();
  }

  /** Called whenever there may be something new to read. */
  onPublished(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** There may be something to publish. Returns at once. */
  wake(): void {
    this.work.wake();
  }

  private async publishAll(): Promise<void> {
    while (!this.work.isStopping && (await this.reader.repository(TeamEventEntity).existsBy({ position: IsNull() }))) {
      const published = await this.publishSome();
      this.listeners.forEach((listener) => listener());
      if (published < BATCH) {
        return;
      }
    }
  }

  private async publishSome(): Promise<number> {
    return this.unitOfWork.run(async (manager) => {
      const stream = await manager.findOneOrFail(EventStreamEntity, { where: { id: 'events' }, ...lockedForUpdate<EventStreamEntity>(manager) });
      // Not what they tell, which is most of them.
      const found = await manager.find(TeamEventEntity, { select: { id: true, team: true, type: true, channelId: true, conversationId: true, sequence: true }, where: { position: IsNull() }, order: { id: 'ASC' }, take: BATCH });
      const events = inSequence(found).map((event, n) => Object.assign(event, { position: stream.lastPosition + 1 + n }));
      const writes = new RowWrites(manager);
      // Held until the commit: one that is switched off meanwhile would keep a delivery that nobody ever makes.
      const callbacks = await manager.find(CallbackEntity, {
        where: { team: In([...new Set(events.map(({ team }) => team))]), isEnabled: true },
        order: { id: 'ASC' },
        ...lockedForUpdate<CallbackEntity>(manager),
      });
      writes.update(TeamEventEntity, events, ['position']);
      writes.insert(DeliveryEntity, this.newDeliveries.of(events, callbacks));
      writes.update(EventStreamEntity, [{ id: stream.id, lastPosition: stream.lastPosition + events.length }], ['lastPosition']);
      await writes.flushWithCommit();
      return events.length;
    }, { isRepeatable: true });
  }
}
