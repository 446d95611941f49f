import { type IncomingMessage, request as startRequest } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { GuardedConnections } from '../../outbound/guarded-connections.service.js';
import { Timers } from '../../runtime/timers.service.js';
import { ReceiverUrls } from './receiver-urls.service.js';

const MAX_HEADER_BYTES = 16_384;

export interface ReceiverCall {
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Breaks the call off. */
  signal?: AbortSignal;
}

/** What came of a call. `refused`: our own guard did not let it go. `reason` is a sentence, and never what the receiver wrote. */
export type ReceiverAnswer =
  | { kind: 'answered'; status: number; retryAfter: string | null; durationMs: number }
  | { kind: 'refused' | 'failed'; reason: string; durationMs: number };

type Outcome = { kind: 'answered'; status: number; retryAfter: string | null } | { kind: 'refused' | 'failed'; reason: string };

/** A call to a receiver, by the guarded way out. Redirects are not followed; of an answer, 16 KB are read; all of it has 15 s. */
@Injectable()
export class ReceiverCalls {
  constructor(
    private readonly urls: ReceiverUrls,
    private readonly connections: GuardedConnections,
    private readonly timers: Timers,
    @InjectSettings('callbacks') private readonly settings: Settings['callbacks'],
  ) {}

  async post(url: string, call: ReceiverCall): Promise<ReceiverAnswer> {
    const startedAt = this.timers.monotonicMs();
    const over = new AbortController();
    const abort = (): void => over.abort();
    call.signal?.addEventListener('abort', abort);
    const timer = this.timers.after(this.settings.timeoutMs, abort);
    const aborted = new Promise<Outcome>((done) => {
      over.signal.addEventListener('abort', () => done({ kind: 'failed', reason: call.signal?.aborted === true ? 'The call was broken off.' : `There was no whole answer within ${this.settings.timeoutMs} ms.` }));
    });
    if (call.signal?.aborted === true) {
      abort();
    }
    try {
      const outcome = await Promise.race([this.attempt(url, call, over.signal), aborted]);
      return { ...outcome, durationMs: this.timers.monotonicMs() - startedAt };
    } finally {
      timer.cancel();
      call.signal?.removeEventListener('abort', abort);
      over.abort();
    }
  }

  private async attempt(url: string, call: ReceiverCall, over: AbortSignal): Promise<Outcome> {
    try {
      const connection = await this.connections.open(url, this.urls.allowed, over);
      return connection.kind === 'refused' ? connection : await this.exchange(connection.url, connection.socket, call);
    } catch (error) {
      return { kind: 'failed', reason: describe(error) };
    }
  }

  private exchange(url: URL, socket: Socket, { headers, body }: ReceiverCall): Promise<Outcome> {
    return new Promise((done, failed) => {
      const request = startRequest({
        createConnection: () => socket,
        method: 'POST',
        path: `${url.pathname}${url.search}`,
        headers: { ...headers, host: url.host, 'content-length': Buffer.byteLength(body), connection: 'close' },
        maxHeaderSize: MAX_HEADER_BYTES,
      });
      request.on('error', failed);
      request.on('response', (response: IncomingMessage) => {
        let read = 0;
        const finish = (): void => {
          socket.destroy();
          done({ kind: 'answered', status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null });
        };
        response.on('data', (chunk: Buffer) => {
          read += chunk.length;
          if (read >= this.settings.maxAnswerBytes) {
            finish();
          }
        });
        response.on('end', finish);
        response.on('error', failed);
      });
      request.end(body);
    });
  }
}

/** The code of the system or of TLS; a message may quote what the receiver sent. */
function describe(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? `The receiver could not be reached, or broke off (${code}).` : 'The receiver could not be reached, or broke off.';
}
