import { Injectable } from '@nestjs/common';
import { seesChannel, type Viewer } from '../access/caller.js';
import { type EntityManager, In, Not } from 'typeorm';
import { Reader } from '../database/reader.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { decodeCursor, type Page, type PageRequest, toPage } from '../kernel/page.js';
import { Problem } from '../kernel/problem.js';
import { Timers } from '../runtime/timers.service.js';
import type { Channel } from './channel.js';
import { ChannelEntity } from './channel.entity.js';
import { isToBeKeptAlive } from './channel-status.js';

/** How long a channel that was read is taken for read. Another instance's change is seen after this; our own at once. */
const KEEP_MS = 100;

/**
 * Finds channels. What a team asks for is looked for among its own. Each message asks for its channel several times, so those that
 * were read just now are not read again; whoever changes one says so (`noteChange`).
 */
@Injectable()
export class ChannelDirectory {
  private readonly recent = new Map<string, { readAt: number; found: Promise<unknown> }>();

  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly timers: Timers,
  ) {}

  /** A channel changes in the running unit of work. */
  noteChange(): void {
    this.unitOfWork.afterCommit(() => this.recent.clear());
  }

  /** @throws Problem `channel.not-found` */
  async get(viewer: Viewer, id: string): Promise<Channel> {
    const channel = await this.channels.findOneBy({ id, team: viewer.team });
    if (channel === null || !seesChannel(viewer, id)) {
      throw new Problem('channel.not-found', 'No channel has this id.');
    }
    return channel;
  }

  /** The channel that sends as this X account. @throws Problem `channel.not-found` */
  async getByAccount(viewer: Viewer, accountId: string): Promise<Channel> {
    const { team } = viewer;
    const channel = await this.recently(`${team} ${accountId}`, () => this.channels.findOneBy({ accountId, team }));
    if (channel === null || !seesChannel(viewer, channel.id)) {
      throw new Problem('channel.not-found', 'No channel acts for the X account in `from`.', {
        errors: [{ pointer: '/from', code: 'channel.not-found', detail: 'Must be the X user id of one of your channels.' }],
      });
    }
    return channel;
  }

  async list(viewer: Viewer, request: PageRequest): Promise<Page<Channel>> {
    const query = this.channels
      .createQueryBuilder('channel')
      .where({ team: viewer.team, ...(viewer.channelIds === null ? {} : { id: In([...viewer.channelIds]) }) })
      .orderBy('channel.id', 'DESC')
      .take(request.limit + 1);
    if (request.cursor !== undefined) {
      query.andWhere('channel.id < :after', { after: decodeCursor('chn', request.cursor) });
    }
    return toPage(await query.getMany(), request);
  }

  findById(id: string): Promise<Channel | null> {
    return this.recently(id, () => this.channels.findOneBy({ id }));
  }

  /** @throws Problem `channel.not-found` that names each of these ids that is none of the team's channels, or none that the viewer sees */
  async assertOwn(viewer: Viewer, ids: readonly string[]): Promise<void> {
    const own = new Set((await this.findByIds(ids)).filter(({ id, team }) => team === viewer.team && seesChannel(viewer, id)).map(({ id }) => id));
    const errors = ids.flatMap((id, n) => (own.has(id) ? [] : [{ pointer: `/channelIds/${n}`, code: 'channel.not-found', detail: 'Must be the id of a channel of the team.' }]));
    if (errors.length > 0) {
      throw new Problem('channel.not-found', 'The team has no channel with this id.', { errors });
    }
  }

  /** In a unit of work with its `manager`: it must not wait for a second connection. */
  findByIds(ids: readonly string[], manager: EntityManager = this.reader.manager): Promise<Channel[]> {
    return ids.length === 0 ? Promise.resolve([]) : manager.findBy(ChannelEntity, { id: In([...ids]) });
  }

  /** The channel that an event on this webhook is for. */
  findByWebhook(webhookKey: string, accountId: string): Promise<Channel | null> {
    return this.recently(`${webhookKey} ${accountId}`, async () => {
      const channel = await this.channels.findOneBy({ accountId });
      // What X delivered before a change of the line, and what it is late with.
      const isIts = channel?.webhookKey === webhookKey || channel?.formerLines.some((line) => line.webhookKey === webhookKey);
      return isIts === true ? channel : null;
    });
  }

  findByAnyAccount(accountId: string): Promise<Channel | null> {
    return this.channels.findOneBy({ accountId });
  }

  findOfAccount(team: string, accountId: string): Promise<Channel | null> {
    return this.channels.findOneBy({ accountId, team });
  }

  listOfWebhook(webhookKey: string): Promise<Channel[]> {
    return this.channels.findBy({ webhookKey });
  }

  /** Those that share an app and so its limits at X; one that X does not let in any more uses none of them. */
  listOfApp(appFingerprint: string): Promise<Channel[]> {
    return this.recently(appFingerprint, () => this.channels.findBy({ appFingerprint, connection: Not('revoked') }));
  }

  async listToBeKeptAlive(): Promise<Channel[]> {
    return (await this.channels.find()).filter((channel) => isToBeKeptAlive(channel.connection));
  }

  private recently<Found>(key: string, read: () => Promise<Found>): Promise<Found> {
    const now = this.timers.monotonicMs();
    const known = this.recent.get(key);
    if (known !== undefined && now - known.readAt < KEEP_MS) {
      return known.found as Promise<Found>;
    }
    const found = read();
    this.recent.set(key, { readAt: now, found });
    found.catch(() => this.recent.delete(key));
    return found;
  }

  private get channels() {
    return this.reader.repository(ChannelEntity);
  }
}
