import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Uploads } from '../../media/uploads.service.js';
import { XMedia } from '../../media/x-media.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { NOT_YET_SENT_STATUSES } from '../message/message-status.js';
import { UploadUseEntity } from './upload-use.entity.js';

/** Uploads that one look takes up; those that a message waits with are looked at again the next time. */
const MOST = 500;

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
    const expired = await this.uploads.listExpired(MOST);
    const uses = expired.length === 0 ? [] : await this.reader.repository(UploadUseEntity).findBy({ uploadId: In(expired) });
    const waiting = uses.length === 0 ? [] : await this.reader.repository(MessageEntity).find({ select: { id: true }, where: { id: In(uses.map(({ messageId }) => messageId)), status: In([...NOT_YET_SENT_STATUSES, 'sending']) } });
    const needed = new Set(uses.filter(({ messageId }) => waiting.some(({ id }) => id === messageId)).map(({ uploadId }) => uploadId));
    const over = expired.filter((id) => !needed.has(id));
    await this.unitOfWork.run((manager) => this.uploads.forget(manager, over));
    return { uploads: over.length, mediaAtX };
  }
}
