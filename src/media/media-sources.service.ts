import { type IncomingMessage, request as startRequest } from 'node:http';
import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Problem } from '../kernel/problem.js';
import { GuardedConnections } from '../outbound/guarded-connections.service.js';
import { AllowedHosts } from '../outbound/outside-url.js';
import { Timers } from '../runtime/timers.service.js';
import { MediaFolder } from './media-folder.service.js';
import { type ReceivedFile, receiveInto } from './received-file.service.js';

const POINTER = '/content/mediaUrl';
const MAX_HEADER_BYTES = 16_384;

/** Files that teams name by their addresses, by the guarded way out. No redirect is followed, and all of it has `media.fetchWithinMs`. */
@Injectable()
export class MediaSources {
  private readonly allowed: AllowedHosts;

  constructor(
    private readonly connections: GuardedConnections,
    private readonly folder: MediaFolder,
    private readonly timers: Timers,
    @InjectSettings('media') private readonly settings: Settings['media'],
  ) {
    this.allowed = new AllowedHosts(settings.allowedHosts);
  }

  /** The caller keeps or discards its file. @throws Problem `media.source-not-allowed`, `media.source-failed`, `media.too-large`, `media.type-not-supported` */
  async fetch(address: string): Promise<ReceivedFile> {
    const over = new AbortController();
    const timer = this.timers.after(this.settings.fetchWithinMs, () => over.abort());
    const file = await this.folder.begin();
    try {
      return await receiveInto(file, await this.open(address, over.signal), POINTER);
    } catch (error) {
      await file.discard();
      throw error instanceof Problem ? error : failed('It could not be reached, broke off, or took too long.');
    } finally {
      timer.cancel();
      over.abort();
    }
  }

  private async open(address: string, over: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const connection = await this.connections.open(address, this.allowed, over);
    if (connection.kind === 'refused') {
      throw problem('media.source-not-allowed', connection.reason);
    }
    const { url, socket } = connection;
    const response = await new Promise<IncomingMessage>((done, failed) => {
      const request = startRequest({
        createConnection: () => socket,
        path: `${url.pathname}${url.search}`,
        headers: { host: url.host, 'accept-encoding': 'identity', connection: 'close' },
        maxHeaderSize: MAX_HEADER_BYTES,
        signal: over,
      });
      request.on('error', failed);
      request.on('response', done);
      request.end();
    });
    if (response.statusCode !== 200) {
      response.destroy();
      throw failed(`The address answered ${response.statusCode ?? 0}, and redirects are not followed.`);
    }
    return response as AsyncIterable<Buffer>;
  }
}

function failed(detail: string): Problem {
  return problem('media.source-failed', detail);
}

function problem(code: 'media.source-not-allowed' | 'media.source-failed', detail: string): Problem {
  return new Problem(code, `${POINTER}: ${detail}`, { errors: [{ pointer: POINTER, code, detail }] });
}
