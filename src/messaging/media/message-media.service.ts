import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/caller.js';
import { Problem } from '../../kernel/problem.js';
import type { MediaFile } from '../../media/media-answer.service.js';
import { MediaFolder } from '../../media/media-folder.service.js';
import { Uploads } from '../../media/uploads.service.js';

/** The bytes of what is in messages, and of what may be. */
@Injectable()
export class MessageMedia {
  constructor(
    private readonly uploads: Uploads,
    private readonly folder: MediaFolder,
  ) {}

  /** @throws Problem `media.not-found`, `media.elsewhere` */
  async open(caller: Caller, id: string): Promise<MediaFile> {
    const upload = await this.uploads.find(caller, id);
    if (upload === null) {
      throw new Problem('media.not-found', 'Nothing that you may see has this id.');
    }
    const file = await this.folder.read('uploads', id);
    if (file === null) {
      throw new Problem('media.elsewhere', 'The instance that took this upload has its bytes, and does not share its media folder.');
    }
    return { id, contentType: upload.contentType, ...file };
  }
}
