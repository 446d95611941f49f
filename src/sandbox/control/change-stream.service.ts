import type { IncomingMessage, ServerResponse } from 'node:http';
import { SECOND_MS } from '../../kernel/duration.js';
import type { Ambient } from '../ambient.service.js';
import type { ChangeFeed } from './change-feed.service.js';

const PATH = '/sandbox/api/stream';
/** Keeps proxies and browsers from giving a quiet stream up. */
const HEARTBEAT_MS = 15 * SECOND_MS;

/** `GET /sandbox/api/stream`: every change as a server-sent event. */
export class ChangeStream {
  private readonly open = new Set<ServerResponse>();

  constructor(
    private readonly feed: ChangeFeed,
    ambient: Ambient,
  ) {
    ambient.every(HEARTBEAT_MS, () => {
      for (const response of this.open) response.write(': still here\n\n');
    });
  }

  /** True when the request was for the stream, which is answered from then on. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== PATH) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 1000\n\n');
    const unsubscribe = this.feed.subscribe((change) => response.write(`event: change\ndata: ${JSON.stringify(change)}\n\n`));
    this.open.add(response);
    response.once('close', () => {
      unsubscribe();
      this.open.delete(response);
    });
    return true;
  }
}
