import { Injectable } from '@nestjs/common';
import type { Viewer } from '../../access/caller.js';
import { visibleTo } from '../../access/visible.service.js';
import { In } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { decodeCursor, type Page, type PageRequest, toPage } from '../../kernel/page.js';
import { Problem } from '../../kernel/problem.js';
import { MessageEntity } from './message.entity.js';
import { type PublicMessageStatus, storedStatusesOf } from './message-status.js';

export interface MessageFilter {
  channelId?: string | undefined;
  conversationId?: string | undefined;
  status?: string | undefined;
  direction?: string | undefined;
  reference?: string | undefined;
}

/** Reads messages: a team's own, newest first. */
@Injectable()
export class MessageQueries {
  constructor(private readonly reader: Reader) {}

  /** @throws Problem `message.not-found` */
  async get(viewer: Viewer, id: string): Promise<MessageEntity> {
    const message = await this.reader.repository(MessageEntity).findOneBy({ id, ...visibleTo(viewer) });
    if (message === null) {
      throw new Problem('message.not-found', 'No message has this id.');
    }
    return message;
  }

  async list(viewer: Viewer, filter: MessageFilter, request: PageRequest): Promise<Page<MessageEntity>> {
    const { status, ...exact } = filter;
    const wanted = Object.fromEntries(Object.entries(exact).filter(([, value]) => value !== undefined));
    const statuses = status === undefined ? {} : { status: In(storedStatusesOf(status as PublicMessageStatus)) };
    const query = this.reader
      .repository(MessageEntity)
      .createQueryBuilder('message')
      .where(visibleTo(viewer))
      .andWhere({ ...wanted, ...statuses })
      .orderBy('message.id', 'DESC')
      .take(request.limit + 1);
    if (request.cursor !== undefined) {
      query.andWhere('message.id < :after', { after: decodeCursor('msg', request.cursor) });
    }
    return toPage(await query.getMany(), request);
  }
}
