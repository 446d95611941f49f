import { type IncomingMessage, request as startRequest } from 'node:http';
import { Injectable } from '@nestjs/common';
import { parseMediaAddress } from './media-address.js';
import { XClient } from './x-client.service.js';
import { XConnection } from './x-connection.service.js';
import type { XCredentials } from './x-credentials.js';
import { XFailure } from './x-failure.js';

/** The bytes of media in messages, from X's media hosts. */
@Injectable()
export class MediaDownloads {
  constructor(
    private readonly x: XClient,
    private readonly connection: XConnection,
  ) {}

  /** The medium, as it comes. `over` breaks it off, also while it is read. No redirect is followed. @throws XFailure */
  async open(credentials: XCredentials, address: string, over: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const medium = parseMediaAddress(address);
    if (medium === null) {
      throw failure('answered', 404, 'The address of the medium is none of X’s media hosts.');
    }
    const { url, isSigned } = medium;
    const headers = isSigned ? await this.x.signGet(credentials, url) : {};
    const response = await this.request(url, headers, over);
    if (response.statusCode !== 200) {
      response.destroy();
      throw failure('answered', response.statusCode ?? null, 'X did not give the medium.');
    }
    return response as AsyncIterable<Buffer>;
  }

  private request(url: URL, headers: Record<string, string>, over: AbortSignal): Promise<IncomingMessage> {
    return new Promise((done, failed) => {
      const request = startRequest({
        agent: this.connection.agent,
        protocol: 'https:',
        host: url.hostname,
        port: 443,
        path: `${url.pathname}${url.search}`,
        headers: { ...headers, host: url.host, 'accept-encoding': 'identity' },
        signal: over,
      });
      request.on('response', done);
      request.on('error', () => failed(failure('not-sent', null, 'X’s media host could not be reached, or broke off.')));
      request.end();
    });
  }
}

function failure(kind: XFailure['kind'], status: number | null, detail: string): XFailure {
  return new XFailure(kind, { status, code: null, detail });
}
