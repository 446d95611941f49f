import { Injectable } from '@nestjs/common';
import type { Viewer } from '../../access/caller.js';
import { visibleTo } from '../../access/visible.service.js';
import { Reader } from '../../database/reader.service.js';
import { decodeCursor, type Page, type PageRequest, toPage } from '../../kernel/page.js';
import { Problem } from '../../kernel/problem.js';
import type { DeliveryQuery } from './delivery.dto.js';
import { DeliveryEntity } from './delivery.entity.js';

/** Finds deliveries. */
@Injectable()
export class Deliveries {
  constructor(private readonly reader: Reader) {}

  /** @throws Problem `delivery.not-found` */
  async get(viewer: Viewer, id: string): Promise<DeliveryEntity> {
    const delivery = await this.reader.repository(DeliveryEntity).findOneBy({ id, ...visibleTo(viewer) });
    if (delivery === null) {
      throw new Problem('delivery.not-found', 'No delivery has this id, or it was kept long enough.');
    }
    return delivery;
  }

  /** Newest first. */
  async list(viewer: Viewer, filter: Pick<DeliveryQuery, 'callbackId' | 'eventId' | 'status'>, request: PageRequest): Promise<Page<DeliveryEntity>> {
    const query = this.reader.repository(DeliveryEntity).createQueryBuilder('delivery').where(visibleTo(viewer)).orderBy('delivery.id', 'DESC').take(request.limit + 1);
    for (const [name, value] of Object.entries(filter)) {
      if (value !== undefined) {
        query.andWhere(`delivery.${name} = :${name}`, { [name]: value });
      }
    }
    if (request.cursor !== undefined) {
      query.andWhere('delivery.id < :after', { after: decodeCursor('dlv', request.cursor) });
    }
    return toPage(await query.getMany(), request);
  }
}
