import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Timers } from '../runtime/timers.service.js';
import type { MediaFile } from './media-answer.service.js';
import { MediaFolder } from './media-folder.service.js';
import { HEAD_BYTES, MOST_BYTES_OF_ALL, sniffMediaType } from './media-kind.js';

const OCTETS = 'application/octet-stream';

/** Copies of what X has, on disk: fetched when somebody asks first, once for all who ask meanwhile, the oldest removed for room. */
@Injectable()
export class MediaCopies {
  private readonly fetching = new Map<string, Promise<void>>();

  constructor(
    private readonly folder: MediaFolder,
    private readonly timers: Timers,
    @InjectSettings('media') private readonly settings: Settings['media'],
  ) {}

  /** `fetch` opens it at X. Nobody is given anything before it is here as a whole. @throws what `fetch` throws, or what ends it midway */
  async open(id: string, fetch: (over: AbortSignal) => Promise<AsyncIterable<Buffer>>): Promise<MediaFile> {
    // More than once where it is removed for room, or erased, in between.
    for (let tries = 0; tries < 3; tries += 1) {
      const found = await this.folder.read('cache', id);
      if (found !== null) {
        const head = Buffer.alloc(HEAD_BYTES);
        await found.handle.read(head, 0, HEAD_BYTES, 0);
        return { id, contentType: sniffMediaType(head)?.contentType ?? OCTETS, ...found };
      }
      await this.fetchOnce(id, fetch);
    }
    throw new Error('A copy of a medium goes as soon as it has come');
  }

  private fetchOnce(id: string, fetch: (over: AbortSignal) => Promise<AsyncIterable<Buffer>>): Promise<void> {
    const running = this.fetching.get(id) ?? this.fetch(id, fetch).finally(() => this.fetching.delete(id));
    this.fetching.set(id, running);
    return running;
  }

  private async fetch(id: string, open: (over: AbortSignal) => Promise<AsyncIterable<Buffer>>): Promise<void> {
    const over = new AbortController();
    const timer = this.timers.after(this.settings.downloadWithinMs, () => over.abort());
    const file = await this.folder.begin();
    try {
      for await (const piece of await open(over.signal)) {
        if (file.size + piece.length > MOST_BYTES_OF_ALL) {
          throw new Error('X gave more bytes than it takes');
        }
        await file.write(piece);
      }
      await this.folder.keep(file, 'cache', id);
      await this.makeRoom(id);
    } finally {
      timer.cancel();
      over.abort();
      await file.discard();
    }
  }

  private async makeRoom(newest: string): Promise<void> {
    const kept = await this.folder.list('cache');
    let total = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const { name, sizeBytes } of kept) {
      if (total <= this.settings.cacheMaxBytes) {
        return;
      }
      if (name !== newest) {
        await this.folder.remove('cache', [name]);
        total -= sizeBytes;
      }
    }
  }
}
