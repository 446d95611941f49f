import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A wire to a server that can be frozen (nothing passes, nobody is told) or cut. */
export interface Wire {
  /** The address of the server with this end of the wire in its place. */
  url: string;
  freeze(): void;
  cut(): void;
  close(): Promise<void>;
}

export async function startWire(to: string): Promise<Wire> {
  const target = new URL(to);
  let state: 'open' | 'frozen' | 'cut' = 'open';
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    sockets.add(near);
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    sockets.add(far);
    for (const [from, into] of [[near, far], [far, near]] as const) {
      from.on('data', (chunk) => {
        if (state === 'open') into.write(chunk);
      });
      from.on('error', () => undefined);
      from.once('close', () => into.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(to);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    freeze: () => {
      state = 'frozen';
    },
    cut: () => {
      state = 'cut';
      sockets.forEach((socket) => socket.destroy());
    },
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
