import { Agent, request as open } from 'node:http';
import type { Recorded } from './checks.js';
import type { MadeRequest } from './made-request.js';

const ANSWER_WITHIN_MS = 20_000;

/** Sends requests as they are: `fetch` would mend some of them and refuse others. */
export class Wire {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(private readonly url: string) {}

  send(request: MadeRequest): Promise<Recorded> {
    const { hostname, port } = new URL(this.url);
    return new Promise((resolve, reject) => {
      const sent = open({ hostname, port, path: request.path, method: request.method, headers: withLength(request), agent: this.agent }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(parts).toString() }));
        answer.on('error', reject);
      });
      sent.setTimeout(ANSWER_WITHIN_MS, () => sent.destroy(new Error('No answer in time.')));
      sent.on('error', reject);
      sent.end(request.body ?? undefined);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function withLength({ headers, body }: MadeRequest): MadeRequest['headers'] {
  return body === null ? headers : { ...headers, 'content-length': String(body.length) };
}
