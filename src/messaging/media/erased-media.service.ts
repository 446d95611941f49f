import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { MediaFolder } from '../../media/media-folder.service.js';
import { Uploads } from '../../media/uploads.service.js';
import { Log } from '../../runtime/log.service.js';
import { mediumIdOf } from '../message/shown-content.js';
import { UploadUseEntity } from './upload-use.entity.js';

/** Takes media away with the messages that they were in. Called in a unit of work; bytes go when that has ended. */
@Injectable()
export class ErasedMedia {
  constructor(
    private readonly folder: MediaFolder,
    private readonly uploads: Uploads,
    private readonly unitOfWork: UnitOfWork,
    private readonly log: Log,
  ) {}

  /** Copies of what X has in these messages. An upload goes with the person that it was sent to, unless others got it too. */
  async delete(manager: EntityManager, messageIds: readonly string[], isErasure: boolean): Promise<void> {
    const uses = await manager.findBy(UploadUseEntity, { messageId: In([...messageIds]) });
    const uploadIds = [...new Set(uses.map(({ uploadId }) => uploadId))];
    if (uploadIds.length > 0) {
      await manager.delete(UploadUseEntity, { messageId: In([...messageIds]) });
      const left = await manager.findBy(UploadUseEntity, { uploadId: In(uploadIds) });
      const forgotten = isErasure ? uploadIds.filter((id) => !left.some(({ uploadId }) => uploadId === id)) : [];
      await this.uploads.forget(manager, forgotten);
    }
    this.unitOfWork.afterCommit(() => {
      void this.folder.remove('cache', messageIds.map(mediumIdOf)).catch((error: unknown) => this.log.error('Copies of erased media could not be removed', {}, error));
    });
  }
}
