import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call that a team's receiver got. */
export interface ReceivedCall {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  event: { id: string; type: string; occurredAt: string; sequence: number | null; channelId: string | null; data: Record<string, unknown> };
}

export type Respond = (response: ServerResponse, call: ReceivedCall) => void;

export const respondWith = (status: number, headers: Record<string, string> = {}): Respond => (response) => void response.writeHead(status, headers).end();

/** A team's receiver on loopback: keeps what it is told, and answers as it is told to. */
export class Receiver {
  readonly calls: ReceivedCall[] = [];
  respond: Respond = respondWith(204);
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const call: ReceivedCall = { path: request.url ?? '', headers: request.headers, text, event: JSON.parse(text) as ReceivedCall['event'] };
      this.calls.push(call);
      this.respond(response, call);
    });
  });

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((done) => receiver.server.listen(port, '127.0.0.1', done));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  /** What it was told, in the order of the conversation: two calls at once come in any. */
  get inSequence(): ReceivedCall[] {
    return [...this.calls].sort((a, b) => (a.event.sequence ?? 0) - (b.event.sequence ?? 0));
  }

  get types(): string[] {
    return this.inSequence.map(({ event }) => event.type);
  }

  /** Takes note of nothing that came before. */
  forget(): void {
    this.calls.length = 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
