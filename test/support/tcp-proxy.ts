import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** One connection that goes through the proxy. */
interface Line {
  client: Socket;
  target: Socket;
}

/** A line between a service and its database that a test may make bad. It listens on 127.0.0.1 and leads to a port of it. */
export class TcpProxy {
  private readonly lines = new Set<Line>();
  private latencyMs = 0;
  private isSwallowing = false;

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {}

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, targetPort);
    server.on('connection', (client) => proxy.take(client));
    await proxy.listen(0);
    return proxy;
  }

  /** The same address, by way of the proxy. */
  static async before(url: string): Promise<{ proxy: TcpProxy; url: string }> {
    const through = new URL(url);
    const proxy = await TcpProxy.start(Number(through.port));
    through.hostname = '127.0.0.1';
    through.port = String(proxy.port);
    return { proxy, url: through.href };
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Each piece arrives so much later, in both directions. */
  delay(latencyMs: number): void {
    this.latencyMs = latencyMs;
  }

  /** Half-open: connections stand and new ones are made, and nothing that is said on them arrives. */
  swallow(): void {
    this.isSwallowing = true;
  }

  /** As at first. What was swallowed is gone, and so are the lines that it was said on. */
  heal(): void {
    if (this.isSwallowing) {
      this.isSwallowing = false;
      this.reset();
    }
    this.latencyMs = 0;
  }

  /** Cuts off every connection. */
  reset(): void {
    for (const { client, target } of this.lines) {
      client.resetAndDestroy();
      target.resetAndDestroy();
    }
  }

  /** Cuts off every connection and refuses new ones. Answers how to end that. */
  async refuse(): Promise<() => Promise<void>> {
    const { port } = this;
    const closed = once(this.server, 'close');
    this.server.close();
    this.reset();
    await closed;
    return () => this.listen(port);
  }

  async close(): Promise<void> {
    if (this.server.listening) {
      await this.refuse();
    }
  }

  private async listen(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private take(client: Socket): void {
    const line = { client, target: connect(this.targetPort, '127.0.0.1') };
    this.lines.add(line);
    this.pipe(line, client, line.target);
    this.pipe(line, line.target, client);
  }

  private pipe(line: Line, from: Socket, to: Socket): void {
    const later = (action: () => void): void => {
      if (this.latencyMs === 0) {
        action();
      } else {
        setTimeout(action, this.latencyMs).unref();
      }
    };
    from.on('data', (piece: Buffer) => {
      if (!this.isSwallowing) {
        later(() => to.write(piece));
      }
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.lines.delete(line);
      later(() => to.destroy());
    });
  }
}
