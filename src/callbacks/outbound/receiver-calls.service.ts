import { type IncomingMessage, request as startRequest } from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { normaliseIpAddress } from '../../config/values/ip-address.js';
import { Timers } from '../../runtime/timers.service.js';
import { HostAddresses } from './host-addresses.service.js';
import { decideAddresses, parseReceiverUrl, type ReceiverUrl } from './receiver-address.js';
import { ReceiverUrls } from './receiver-urls.service.js';

/** A name may have many addresses; the time that a call has is for a few. */
const ADDRESSES_TRIED = 3;
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

type Target = Extract<ReceiverUrl, { kind: 'allowed' }>;
type Outcome = { kind: 'answered'; status: number; retryAfter: string | null } | { kind: 'refused' | 'failed'; reason: string };

/**
 * The only way out to what teams name: `address read → every address that its name has looked at → connected to one of just these, which
 * is looked at once more → TLS → written`. Nothing is written before the last look. Redirects are not followed; of an answer, 16 KB are
 * read; all of it has 15 s.
 */
@Injectable()
export class ReceiverCalls {
  constructor(
    private readonly urls: ReceiverUrls,
    private readonly addresses: HostAddresses,
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
    const target = parseReceiverUrl(url, this.urls.allowed);
    if (target.kind === 'refused') {
      return target;
    }
    try {
      const found = await this.addresses.list(target.host);
      if (decideAddresses(target, found, this.urls.allowed) === 'refused') {
        return { kind: 'refused', reason: 'Its name does not lead to the public internet alone.' };
      }
      const socket = await this.connect(target, found.slice(0, ADDRESSES_TRIED), over);
      return socket === null ? { kind: 'refused', reason: 'The connection led to another address.' } : await this.exchange(target, socket, call);
    } catch (error) {
      return { kind: 'failed', reason: describe(error) };
    }
  }

  /** Null when the peer is none of the addresses that were looked at. */
  private async connect(target: Target, addresses: readonly string[], over: AbortSignal): Promise<net.Socket | null> {
    const { url } = target;
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    let failure: unknown = null;
    for (const address of addresses) {
      over.throwIfAborted();
      try {
        const socket = await connectTo(address, port, over);
        if (decideAddresses(target, [socket.remoteAddress ?? ''], this.urls.allowed) === 'refused' || normaliseIpAddress(socket.remoteAddress ?? '') !== normaliseIpAddress(address)) {
          socket.destroy();
          return null;
        }
        return url.protocol === 'https:' ? await encrypt(socket, target.host) : socket;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  private exchange({ url }: Target, socket: net.Socket, { headers, body }: ReceiverCall): Promise<Outcome> {
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

function connectTo(address: string, port: number, over: AbortSignal): Promise<net.Socket> {
  return new Promise((done, failed) => {
    const socket = net.connect({ host: address, port });
    const destroy = (): void => void socket.destroy();
    over.addEventListener('abort', destroy, { once: true });
    socket.once('close', () => {
      over.removeEventListener('abort', destroy);
      failed(new Error('The connection was closed.'));
    });
    socket.once('connect', () => done(socket));
    // Also after the connection stands: what comes late is told by the request that uses it.
    socket.on('error', failed);
  });
}

function encrypt(socket: net.Socket, host: string): Promise<tls.TLSSocket> {
  return new Promise((done, failed) => {
    const encrypted = tls.connect({ socket, host, servername: net.isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] });
    encrypted.once('secureConnect', () => done(encrypted));
    encrypted.on('error', failed);
    encrypted.once('close', () => failed(new Error('The connection was closed.')));
  });
}

/** The code of the system or of TLS; a message may quote what the receiver sent. */
function describe(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? `The receiver could not be reached, or broke off (${code}).` : 'The receiver could not be reached, or broke off.';
}
