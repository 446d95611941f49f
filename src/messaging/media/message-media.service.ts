import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/caller.js';
import { visibleTo } from '../../access/visible.service.js';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { ChannelCredentials } from '../../channels/credentials/channel-credentials.service.js';
import { ChannelCredits } from '../../channels/credits/channel-credits.service.js';
import { toXProblem } from '../../channels/x-problem.js';
import { Reader } from '../../database/reader.service.js';
import { Problem } from '../../kernel/problem.js';
import type { MediaFile } from '../../media/media-answer.service.js';
import { MediaCopies } from '../../media/media-copies.service.js';
import { MediaFolder } from '../../media/media-folder.service.js';
import { Uploads } from '../../media/uploads.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import { XFailure } from '../../x-api/x-failure.js';
import { MessageEntity } from '../message/message.entity.js';
import { messageIdOf } from '../message/shown-content.js';

/** The bytes of what is in messages, and of what may be. */
@Injectable()
export class MessageMedia {
  constructor(
    private readonly uploads: Uploads,
    private readonly folder: MediaFolder,
    private readonly copies: MediaCopies,
    private readonly reader: Reader,
    private readonly channels: ChannelDirectory,
    private readonly credentials: ChannelCredentials,
    private readonly credits: ChannelCredits,
    private readonly x: XApi,
  ) {}

  /** @throws Problem `media.not-found`, `media.elsewhere`, or what X says */
  async open(caller: Caller, id: string): Promise<MediaFile> {
    const upload = await this.uploads.find(caller, id);
    if (upload === null) {
      return this.openAtX(caller, id);
    }
    const file = await this.folder.read('uploads', id);
    if (file === null) {
      throw new Problem('media.elsewhere', 'The instance that took this upload has its bytes, and does not share its media folder.');
    }
    return { id, contentType: upload.contentType, ...file };
  }

  private async openAtX(caller: Caller, id: string): Promise<MediaFile> {
    const message = await this.reader.repository(MessageEntity).findOneBy({ id: messageIdOf(id), ...visibleTo(caller) });
    const medium = message?.content.media;
    const channel = message === null ? null : await this.channels.findById(message.channelId);
    if (channel === null || medium === undefined || !/^med_/.test(id) || medium.id.startsWith('med_')) {
      throw new Problem('media.not-found', 'Nothing that you may see has this id.');
    }
    return this.copies.open(id, async (over) => {
      const credentials = await this.credentials.get(channel.id);
      return this.credits.noticing(channel, 'media', () => this.x.mediaDownloads.open(credentials, medium.url, over));
    }).catch(toProblem);
  }
}

function toProblem(error: unknown): never {
  if (error instanceof XFailure && (error.answer.status === 404 || error.answer.status === 410)) {
    throw new Problem('media.not-found', 'X does not have this medium any more.', { x: error.answer, cause: error });
  }
  // What ends in the middle of the answer comes from the connection.
  throw error instanceof XFailure || error instanceof Problem ? toXProblem(error) : new Problem('x.unavailable', 'X broke off before all of the medium was here.', { cause: error });
}
