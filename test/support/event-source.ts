import { type ClientRequest, get, type IncomingMessage } from 'node:http';

export interface ServerSentEvent {
  id: string;
  event: string;
  data: { id: string; type: string; sequence: number | null; data: Record<string, unknown> };
}

/** A reader of server-sent events, as browsers are, that can also read nothing. */
export class EventSource {
  readonly events: ServerSentEvent[] = [];
  isEnded = false;
  private rest = '';

  private constructor(
    private readonly request: ClientRequest,
    private readonly response: IncomingMessage,
  ) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.read(chunk));
    response.on('close', () => {
      this.isEnded = true;
    });
    response.on('error', () => undefined);
  }

  static open(url: string, key: string, lastEventId?: string): Promise<EventSource> {
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${key}`, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
    return new Promise((done, failed) => {
      const request = get(url, { headers, agent: false }, (response) => {
        if (response.statusCode === 200) {
          done(new EventSource(request, response));
        } else {
          response.resume();
          failed(new Error(`The stream is answered ${response.statusCode}`));
        }
      });
      request.on('error', failed);
    });
  }

  get ids(): string[] {
    return this.events.map(({ id }) => id);
  }

  /** Takes nothing more from the connection until `resume`. */
  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  close(): void {
    this.request.destroy();
  }

  private read(chunk: string): void {
    const blocks = `${this.rest}${chunk}`.split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
      const [id, event, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
      if (id !== undefined && event !== undefined && data !== undefined) {
        this.events.push({ id, event, data: JSON.parse(data) as ServerSentEvent['data'] });
      }
    }
  }
}
