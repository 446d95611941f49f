import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../access/audit-log.service.js';
import type { Viewer } from '../../access/caller.js';
import type { EntityManager } from 'typeorm';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { Reader } from '../../database/reader.service.js';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { decodeCursor, type Page, type PageRequest, toPage } from '../../kernel/page.js';
import { Problem } from '../../kernel/problem.js';
import { Ids } from '../../runtime/ids.service.js';
import { DeliveryEntity } from '../delivery/delivery.entity.js';
import { ReceiverUrls } from '../outbound/receiver-urls.service.js';
import { CallbackDirectory } from './callback-directory.service.js';
import { CallbackHealth } from './callback-health.service.js';
import { CallbackSecrets } from './callback-secrets.service.js';
import type { CreateCallback, PatchCallback } from './callback.dto.js';
import { CallbackEntity } from './callback.entity.js';

/** Each event makes a delivery for every callback that wants it. */
const MOST_OF_A_TEAM = 50;

/** The callbacks of teams: made, found, changed, removed. */
@Injectable()
export class Callbacks {
  constructor(
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
    private readonly directory: CallbackDirectory,
    private readonly channels: ChannelDirectory,
    private readonly urls: ReceiverUrls,
    private readonly secrets: CallbackSecrets,
    private readonly health: CallbackHealth,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** What is wrong with a callback that is wanted. @throws Problem `callback.url-not-allowed`, `channel.not-found` */
  async check(viewer: Viewer, wanted: Pick<PatchCallback, 'url' | 'channelIds'>): Promise<void> {
    await this.channels.assertOwn(viewer, wanted.channelIds ?? []);
    if (wanted.url !== undefined) {
      this.urls.assertAllowed(wanted.url);
    }
  }

  /** `secret` is the only time that it is seen. @throws Problem `callback.too-many` */
  async create(viewer: Viewer, wanted: CreateCallback): Promise<{ callback: CallbackEntity; secret: string }> {
    const { team } = viewer;
    return this.unitOfWork.run(async (manager) => {
      if ((await manager.countBy(CallbackEntity, { team })) >= MOST_OF_A_TEAM) {
        throw new Problem('callback.too-many', `A team has ${MOST_OF_A_TEAM} callbacks at most.`);
      }
      const id = this.ids.create('cbk');
      const now = this.clock.now();
      const { secret, columns } = this.secrets.create(id, null);
      const callback = Object.assign(new CallbackEntity(), {
        id,
        team,
        url: wanted.url,
        events: wanted.events,
        channelIds: wanted.channelIds ?? viewer.channelIds,
        isEnabled: true,
        disabledReason: null,
        failingSince: null,
        pausedUntil: null,
        ...columns,
        createdAt: now,
        updatedAt: now,
      } satisfies CallbackEntity);
      await manager.insert(CallbackEntity, callback);
      await this.audit.note('callback.created', id, Object.keys(wanted));
      this.directory.noteChange();
      return { callback, secret };
    });
  }

  /** @throws Problem `callback.not-found` */
  async get(viewer: Viewer, id: string): Promise<CallbackEntity> {
    return found(viewer, await this.reader.repository(CallbackEntity).findOneBy({ id, team: viewer.team }));
  }

  async list(viewer: Viewer, request: PageRequest): Promise<Page<CallbackEntity>> {
    const all = await this.reader.repository(CallbackEntity).find({ where: { team: viewer.team }, order: { id: 'DESC' } });
    const after = request.cursor === undefined ? null : decodeCursor('cbk', request.cursor);
    // A team has few.
    const rest = all.filter((callback) => isVisible(viewer, callback) && (after === null || callback.id < after));
    return toPage(rest.slice(0, request.limit + 1), request);
  }

  /** @throws Problem `callback.not-found` */
  async change(viewer: Viewer, id: string, patch: PatchCallback): Promise<CallbackEntity> {
    return this.unitOfWork.run(async (manager) => {
      const callback = await this.lock(manager, viewer, id);
      const { url, events, channelIds, enabled } = patch;
      await this.write(manager, callback, {
        ...(url === undefined ? {} : { url }),
        ...(events === undefined ? {} : { events }),
        ...(channelIds === undefined ? {} : { channelIds: channelIds ?? viewer.channelIds }),
        // Somebody has mended it: it begins anew.
        ...(enabled === true ? { isEnabled: true, disabledReason: null, failingSince: null, pausedUntil: null } : {}),
      });
      await this.audit.note('callback.changed', id, Object.keys(patch));
      if (enabled === false && callback.isEnabled) {
        await this.health.disable(manager, callback, 'by-team');
      }
      return callback;
    });
  }

  /** What was not delivered to it has failed. @throws Problem `callback.not-found` */
  async remove(viewer: Viewer, id: string): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      await this.lock(manager, viewer, id);
      await manager.delete(CallbackEntity, { id });
      await this.audit.note('callback.deleted', id);
      await manager.update(DeliveryEntity, { callbackId: id, status: 'pending' }, { status: 'failed', nextAttemptAt: null, endedAt: this.clock.now() });
      this.directory.noteChange();
    });
  }

  /** A new secret; the one before it signs beside it for a day, and the one before that no more. @throws Problem `callback.not-found` */
  async rotateSecret(viewer: Viewer, id: string): Promise<{ callback: CallbackEntity; secret: string }> {
    return this.unitOfWork.run(async (manager) => {
      const callback = await this.lock(manager, viewer, id);
      const { secret, columns } = this.secrets.create(id, callback);
      await this.write(manager, callback, columns);
      await this.audit.note('callback.secret-rotated', id);
      return { callback, secret };
    });
  }

  private async write(manager: EntityManager, callback: CallbackEntity, change: Partial<CallbackEntity>): Promise<void> {
    Object.assign(callback, change, { updatedAt: this.clock.now() });
    await manager.update(CallbackEntity, { id: callback.id }, { ...change, updatedAt: callback.updatedAt });
    this.directory.noteChange();
  }

  /** For a unit of work that changes it. @throws Problem `callback.not-found` */
  async lock(manager: EntityManager, viewer: Viewer, id: string): Promise<CallbackEntity> {
    return found(viewer, await manager.findOne(CallbackEntity, { where: { id, team: viewer.team }, ...lockedForUpdate<CallbackEntity>(manager) }));
  }
}

/** A key that is limited to channels sees callbacks that are told of these alone. */
function isVisible({ channelIds }: Viewer, callback: CallbackEntity): boolean {
  return channelIds === null || (callback.channelIds !== null && callback.channelIds.every((id) => channelIds.includes(id)));
}

function found(viewer: Viewer, callback: CallbackEntity | null): CallbackEntity {
  if (callback === null || !isVisible(viewer, callback)) {
    throw new Problem('callback.not-found', 'No callback has this id.');
  }
  return callback;
}
