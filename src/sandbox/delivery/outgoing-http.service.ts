import http from 'node:http';
import https from 'node:https';
import type { Ambient } from '../ambient.service.js';

/** X waits this long for a webhook (v1.1), for a CRC as for an event. */
export const WEBHOOK_TIMEOUT_MS = 3_000;
/** A CRC answer is some 70 bytes; the body of an event's answer is ignored. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface OutgoingRequest {
  method: 'GET' | 'POST';
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: Buffer;
}

type Outcome =
  | { kind: 'answered'; status: number; headers: http.IncomingHttpHeaders; body: string }
  | { kind: 'timeout' }
  | { kind: 'unreachable'; reason: string };

export type OutgoingResult = Outcome & { ms: number };

/** X as a client: one request, a time limit over all of it, no redirects, no compression, connections kept. */
export class OutgoingHttp {
  private readonly plainAgent = new http.Agent({ keepAlive: true });
  private readonly secureAgent = new https.Agent({ keepAlive: true });

  constructor(private readonly ambient: Ambient) {}

  send(outgoing: OutgoingRequest, timeoutMs: number = WEBHOOK_TIMEOUT_MS): Promise<OutgoingResult> {
    const startedAt = this.ambient.elapsedMs();
    return new Promise((resolve) => {
      const deadline = AbortSignal.timeout(timeoutMs);
      const request = this.open(outgoing);
      const settle = (outcome: Outcome): void => {
        deadline.removeEventListener('abort', expire);
        resolve({ ...outcome, ms: Math.round(this.ambient.elapsedMs() - startedAt) });
      };
      const expire = (): void => {
        settle({ kind: 'timeout' });
        request.destroy();
      };
      deadline.addEventListener('abort', expire);
      request.on('error', (error) => settle({ kind: 'unreachable', reason: error.message }));
      request.on('response', (response) => {
        readAnswer(response).then(settle, (error: Error) => settle({ kind: 'unreachable', reason: error.message }));
      });
      request.end(outgoing.body);
    });
  }

  private open(outgoing: OutgoingRequest): http.ClientRequest {
    const url = new URL(outgoing.url);
    const length = outgoing.body === undefined ? {} : { 'content-length': String(outgoing.body.length) };
    const options = { method: outgoing.method, headers: { ...outgoing.headers, ...length } };
    return url.protocol === 'https:'
      ? https.request(url, { ...options, agent: this.secureAgent })
      : http.request(url, { ...options, agent: this.plainAgent });
  }

  close(): void {
    this.plainAgent.destroy();
    this.secureAgent.destroy();
  }
}

async function readAnswer(response: http.IncomingMessage): Promise<Outcome> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += (chunk as Buffer).length;
    if (length <= MAX_ANSWER_BYTES) chunks.push(chunk as Buffer);
  }
  return { kind: 'answered', status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') };
}
