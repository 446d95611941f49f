import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/caller.js';
import { Problem } from '../../kernel/problem.js';
import { MediaSources } from '../../media/media-sources.service.js';
import type { UploadDto } from '../../media/media.dto.js';
import { toUploadDto, Uploads } from '../../media/uploads.service.js';
import type { SendMessage } from '../message.dto.js';
import type { MessageContent } from '../message/message-content.js';

/** A send, with what its content names looked up. */
export type WantedMessage = Omit<SendMessage, 'content'> & { content: MessageContent };

/** Looks up what the content of a send names. */
@Injectable()
export class OutgoingContent {
  constructor(
    private readonly uploads: Uploads,
    private readonly sources: MediaSources,
  ) {}

  /** A file that is named by its address becomes an upload. @throws Problem `media.not-found`, `media.source-…`, `media.too-large`, `media.type-not-supported` */
  async of(caller: Caller, wanted: SendMessage): Promise<WantedMessage> {
    return this.look(caller, wanted, (address) => this.fetch(caller, address));
  }

  /** The same for a check, which fetches nothing and keeps nothing. */
  async check(caller: Caller, wanted: SendMessage): Promise<WantedMessage> {
    return this.look(caller, wanted, async () => null);
  }

  private async look(caller: Caller, wanted: SendMessage, fetch: (address: string) => Promise<UploadDto | null>): Promise<WantedMessage> {
    const { content } = wanted;
    if (content.type === 'text') {
      return { ...wanted, content };
    }
    const { mediaId, mediaUrl, ...rest } = content;
    if ((mediaId === undefined) === (mediaUrl === undefined)) {
      const detail = 'Give either `mediaId` or `mediaUrl`.';
      throw new Problem('media.source-missing', detail, { errors: [{ pointer: '/content', code: 'media.source-missing', detail }] });
    }
    const upload = mediaId === undefined ? await fetch(mediaUrl ?? '') : toUploadDto(await this.uploads.getToSend(caller, mediaId));
    const media = upload === null ? {} : { media: { id: upload.id, kind: upload.kind, url: upload.url, size: upload.size, contentType: upload.contentType } };
    return { ...wanted, content: { ...rest, ...media } };
  }

  private async fetch(caller: Caller, address: string): Promise<UploadDto> {
    const received = await this.sources.fetch(address);
    try {
      const upload = await this.uploads.keep(received, caller, false);
      await this.uploads.record(upload);
      return toUploadDto(upload);
    } finally {
      await received.file.discard();
    }
  }
}
