import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Uploads } from '../../media/uploads.service.js';
import { XMedia } from '../../media/x-media.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { NOT_YET_SENT_STATUSES } from '../message/message-status.js';
import { UploadUseEntity } from './upload-use.entity.js';

/** Uploads that are looked at, or forgotten, at a time. */
const BATCH = 500;

/** Forgets uploads whose time is over, but those that a message still waits with. */
@Injectable()
export class UploadRetention {
  constructor(
    private readonly uploads: Uploads,
    private readonly xMedia: XMedia,
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async forgetOld(): Promise<{ uploads: number; mediaAtX: number }> {
    const mediaAtX = await this.xMedia.forgetOld();
    let uploads = 0;
    for (let after = ''; ; ) {
      const expired = await this.uploads.listExpired(after, BATCH);
      uploads += await this.forget(expired);
      after = expired.at(-1) ?? '';
      if (expired.length < BATCH) {
        return { uploads, mediaAtX };
      }
    }
  }

  private async forget(expired: readonly string[]): Promise<number> {
    const uses = expired.length === 0 ? [] : await this.reader.repository(UploadUseEntity).findBy({ uploadId: In([...expired]) });
    const waiting = uses.length === 0 ? [] : await this.reader.repository(MessageEntity).find({ select: { id: true }, where: { id: In(uses.map(({ messageId }) => messageId)), status: In([...NOT_YET_SENT_STATUSES, 'sending']) } });
    const needed = new Set(uses.filter(({ messageId }) => waiting.some(({ id }) => id === messageId)).map(({ uploadId }) => uploadId));
    const over = expired.filter((id) => !needed.has(id));
    await this.unitOfWork.run((manager) => this.uploads.forget(manager, over));
    return over.length;
  }
}
