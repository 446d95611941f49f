import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/caller.js';
import { toUploadDto, Uploads } from '../../media/uploads.service.js';
import type { SendMessage } from '../message.dto.js';
import type { MessageContent } from '../message/message-content.js';

/** A send, with what its content names looked up. */
export type WantedMessage = Omit<SendMessage, 'content'> & { content: MessageContent };

/** Looks up what the content of a send names. */
@Injectable()
export class OutgoingContent {
  constructor(private readonly uploads: Uploads) {}

  /** @throws Problem `media.not-found` */
  async of(caller: Caller, wanted: SendMessage): Promise<WantedMessage> {
    const { content } = wanted;
    if (content.type === 'text') {
      return { ...wanted, content };
    }
    const { mediaId, ...rest } = content;
    const { id, kind, url, size, contentType } = toUploadDto(await this.uploads.getToSend(caller, mediaId));
    return { ...wanted, content: { ...rest, media: { id, kind, url, size, contentType } } };
  }
}
