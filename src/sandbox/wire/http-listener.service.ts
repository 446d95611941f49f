import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { MINUTE_MS } from '../../kernel/duration.js';
import { toReceivedRequest, type Answer, type ReceivedRequest, type Transmission } from './exchange.js';

/** Far above anything X takes in one request; keeps a mistake from filling the memory. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Longer than any pause of a test or a demo: a connection closed under a client that reuses it looks like a fault that nobody ordered. */
const KEEP_ALIVE_MS = 10 * MINUTE_MS;

export type Responder = (request: ReceivedRequest) => Promise<Transmission>;

/** Takes over a request that is answered with an endless stream. */
export type StreamTaker = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Plain HTTP on one port. `close` ends at once: whatever is open is destroyed, hanging requests included. */
export class HttpListener {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly respond: Responder,
    private readonly takeStream: StreamTaker,
  ) {
    this.server = createServer((request, response) => {
      if (!this.takeStream(request, response)) void this.handle(request, response);
    });
    this.server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const rawBody = await readBody(request);
    if (rawBody === null) return;
    const received = toReceivedRequest(request.method ?? 'GET', request.url ?? '/', request.headers, rawBody);
    transmit(await this.respond(received), request, response);
  }
}

/** Null when the client went away or sent too much; its socket is gone then. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > MAX_BODY_BYTES) {
        request.socket.destroy();
        return null;
      }
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

function transmit(transmission: Transmission, request: IncomingMessage, response: ServerResponse): void {
  switch (transmission.kind) {
    case 'hang':
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'reset-midway':
      writeHead(transmission.answer, response);
      response.write(firstHalf(bytesOf(transmission.answer)), () => request.socket.resetAndDestroy());
      transmission.answer.afterwards?.();
      return;
    case 'answer':
      writeHead(transmission.answer, response);
      runOnceAfter(response, transmission.answer.afterwards);
      response.end(bytesOf(transmission.answer));
  }
}

/** A client that hung up before the answer left does not undo what X accepted: the follow-up runs either way. */
function runOnceAfter(response: ServerResponse, afterwards: (() => void) | undefined): void {
  if (afterwards === undefined) return;
  let isDone = false;
  const run = (): void => {
    if (!isDone) afterwards();
    isDone = true;
  };
  response.once('finish', run);
  response.once('close', run);
  if (response.destroyed) run();
}

function firstHalf(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.ceil(bytes.length / 2));
}

function writeHead(answer: Answer, response: ServerResponse): void {
  const length = answer.status === 204 ? {} : { 'content-length': String(bytesOf(answer).length) };
  response.writeHead(answer.status, { ...answer.headers, ...length });
}

function bytesOf(answer: Answer): Buffer {
  return typeof answer.body === 'string' ? Buffer.from(answer.body, 'utf8') : answer.body;
}
