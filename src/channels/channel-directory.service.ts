import { Injectable } from '@nestjs/common';
import { In, Not } from 'typeorm';
import { Reader } from '../database/reader.service.js';
import { decodeCursor, type Page, type PageRequest, toPage } from '../kernel/page.js';
import { Problem } from '../kernel/problem.js';
import type { Channel } from './channel.js';
import { ChannelEntity } from './channel.entity.js';
import { isToBeKeptAlive } from './channel-status.js';

/** Finds channels. What a team asks for is looked for among its own. */
@Injectable()
export class ChannelDirectory {
  constructor(private readonly reader: Reader) {}

  /** @throws Problem `channel.not-found` */
  async get(team: string, id: string): Promise<Channel> {
    const channel = await this.channels.findOneBy({ id, team });
    if (channel === null) {
      throw new Problem('channel.not-found', 'No channel has this id.');
    }
    return channel;
  }

  /** The channel that sends as this X account. @throws Problem `channel.not-found` */
  async getByAccount(team: string, accountId: string): Promise<Channel> {
    const channel = await this.channels.findOneBy({ accountId, team });
    if (channel === null) {
      throw new Problem('channel.not-found', 'No channel acts for the X account in `from`.', {
        errors: [{ pointer: '/from', code: 'channel.not-found', detail: 'Must be the X user id of one of your channels.' }],
      });
    }
    return channel;
  }

  async list(team: string, request: PageRequest): Promise<Page<Channel>> {
    const query = this.channels
      .createQueryBuilder('channel')
      .where('channel.team = :team', { team })
      .orderBy('channel.id', 'DESC')
      .take(request.limit + 1);
    if (request.cursor !== undefined) {
      query.andWhere('channel.id < :after', { after: decodeCursor('chn', request.cursor) });
    }
    return toPage(await query.getMany(), request);
  }

  findById(id: string): Promise<Channel | null> {
    return this.channels.findOneBy({ id });
  }

  findByIds(ids: readonly string[]): Promise<Channel[]> {
    return ids.length === 0 ? Promise.resolve([]) : this.channels.findBy({ id: In([...ids]) });
  }

  /** The channel that an event on this webhook is for. */
  findByWebhook(webhookKey: string, accountId: string): Promise<Channel | null> {
    return this.channels.findOneBy({ webhookKey, accountId });
  }

  findByAnyAccount(accountId: string): Promise<Channel | null> {
    return this.channels.findOneBy({ accountId });
  }

  listOfWebhook(webhookKey: string): Promise<Channel[]> {
    return this.channels.findBy({ webhookKey });
  }

  /** Those that share an app and so its limits at X; one that X does not let in any more uses none of them. */
  listOfApp(appFingerprint: string): Promise<Channel[]> {
    return this.channels.findBy({ appFingerprint, connection: Not('revoked') });
  }

  async listToBeKeptAlive(): Promise<Channel[]> {
    return (await this.channels.find()).filter((channel) => isToBeKeptAlive(channel.connection));
  }

  private get channels() {
    return this.reader.repository(ChannelEntity);
  }
}
