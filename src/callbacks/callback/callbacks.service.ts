import { Injectable } from '@nestjs/common';
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
  async check(team: string, wanted: Pick<PatchCallback, 'url' | 'channelIds'>): Promise<void> {
    const channelIds = wanted.channelIds ?? [];
    const own = new Set((await this.channels.findByIds(channelIds)).filter((channel) => channel.team === team).map(({ id }) => id));
    const errors = channelIds.flatMap((id, n) => (own.has(id) ? [] : [{ pointer: `/channelIds/${n}`, code: 'channel.not-found', detail: 'Must be the id of one of your channels.' }]));
    if (errors.length > 0) {
      throw new Problem('channel.not-found', 'No channel of yours has this id.', { errors });
    }
    if (wanted.url !== undefined) {
      this.urls.assertAllowed(wanted.url);
    }
  }

  /** `secret` is the only time that it is seen. @throws Problem `callback.too-many` */
  async create(team: string, wanted: CreateCallback): Promise<{ callback: CallbackEntity; secret: string }> {
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
        channelIds: wanted.channelIds ?? null,
        isEnabled: true,
        disabledReason: null,
        failingSince: null,
        pausedUntil: null,
        ...columns,
        createdAt: now,
        updatedAt: now,
      } satisfies CallbackEntity);
      await manager.insert(CallbackEntity, callback);
      this.directory.noteChange();
      return { callback, secret };
    });
  }

  /** @throws Problem `callback.not-found` */
  async get(team: string, id: string): Promise<CallbackEntity> {
    return found(await this.reader.repository(CallbackEntity).findOneBy({ id, team }));
  }

  async list(team: string, request: PageRequest): Promise<Page<CallbackEntity>> {
    const query = this.reader.repository(CallbackEntity).createQueryBuilder('callback').where('callback.team = :team', { team }).orderBy('callback.id', 'DESC').take(request.limit + 1);
    if (request.cursor !== undefined) {
      query.andWhere('callback.id < :after', { after: decodeCursor('cbk', request.cursor) });
    }
    return toPage(await query.getMany(), request);
  }

  /** @throws Problem `callback.not-found` */
  async change(team: string, id: string, patch: PatchCallback): Promise<CallbackEntity> {
    return this.unitOfWork.run(async (manager) => {
      const callback = await this.lock(manager, team, id);
      const { url, events, channelIds, enabled } = patch;
      await this.write(manager, callback, {
        ...(url === undefined ? {} : { url }),
        ...(events === undefined ? {} : { events }),
        ...(channelIds === undefined ? {} : { channelIds }),
        // Somebody has mended it: it begins anew.
        ...(enabled === true ? { isEnabled: true, disabledReason: null, failingSince: null, pausedUntil: null } : {}),
      });
      if (enabled === false && callback.isEnabled) {
        await this.health.disable(manager, callback, 'by-team');
      }
      return callback;
    });
  }

  /** What was not delivered to it has failed. @throws Problem `callback.not-found` */
  async remove(team: string, id: string): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      await this.lock(manager, team, id);
      await manager.delete(CallbackEntity, { id });
      await manager.update(DeliveryEntity, { callbackId: id, status: 'pending' }, { status: 'failed', nextAttemptAt: null, endedAt: this.clock.now() });
      this.directory.noteChange();
    });
  }

  /** A new secret; the one before it signs beside it for a day, and the one before that no more. @throws Problem `callback.not-found` */
  async rotateSecret(team: string, id: string): Promise<{ callback: CallbackEntity; secret: string }> {
    return this.unitOfWork.run(async (manager) => {
      const callback = await this.lock(manager, team, id);
      const { secret, columns } = this.secrets.create(id, callback);
      await this.write(manager, callback, columns);
      return { callback, secret };
    });
  }

  private async write(manager: EntityManager, callback: CallbackEntity, change: Partial<CallbackEntity>): Promise<void> {
    Object.assign(callback, change, { updatedAt: this.clock.now() });
    await manager.update(CallbackEntity, { id: callback.id }, { ...change, updatedAt: callback.updatedAt });
    this.directory.noteChange();
  }

  private async lock(manager: EntityManager, team: string, id: string): Promise<CallbackEntity> {
    return found(await manager.findOne(CallbackEntity, { where: { id, team }, ...lockedForUpdate<CallbackEntity>(manager) }));
  }
}

function found(callback: CallbackEntity | null): CallbackEntity {
  if (callback === null) {
    throw new Problem('callback.not-found', 'No callback has this id.');
  }
  return callback;
}
