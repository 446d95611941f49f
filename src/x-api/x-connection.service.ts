import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Timers } from '../runtime/timers.service.js';
import { isMediaHost, isXItself } from './media-address.js';

const X_UPLOAD_HOST = 'upload.x.com';
/** Below what X and the proxies before it keep, so that we seldom write on a connection that is being closed. */
const IDLE_MS = 4_000;

type Callback = (error: Error | null, socket: Duplex) => void;
interface Destination {
  host?: string | null;
}

/**
 * Where the bytes to X go. The library that signs knows only X's own hosts, so requests keep those names (they are part
 * of the signature and of the Host header) while the connection is made to the address that the settings give.
 * Connections are reused. One that does not stand within `connectTimeoutMs` is given up.
 */
@Injectable()
export class XConnection implements OnApplicationShutdown {
  readonly agent: http.Agent;
  private readonly stood = new WeakSet<Duplex>();

  constructor(
    @InjectSettings('x') private readonly settings: Settings['x'],
    private readonly timers: Timers,
  ) {
    const connect = (options: Destination): net.Socket => this.connect(options);
    const agent = new http.Agent({
      keepAlive: true,
      maxSockets: settings.maxConnections,
      timeout: IDLE_MS + settings.timeoutMs,
    });
    // Node refuses an https request on an http agent by this field; the sockets that we make are encrypted where X is.
    (agent as unknown as { protocol: string }).protocol = 'https:';
    agent.createConnection = (options: Destination, callback?: Callback): Duplex => {
      const socket = connect(options);
      callback?.(null, socket);
      return socket;
    };
    this.agent = agent;
  }

  onApplicationShutdown(): void {
    this.agent.destroy();
  }

  /**
   * Whether the connection ever stood. Nothing is written before it does, and after that only X knows what it has read. The error does
   * not tell: one of TLS also comes in the middle of an answer, and one of several addresses that all refused names no call.
   */
  hasStood(socket: Duplex | null): boolean {
    return socket !== null && this.stood.has(socket);
  }

  private addressOf(host: string): string {
    if (host === X_UPLOAD_HOST) {
      return this.settings.uploadUrl;
    }
    return isMediaHost(host) && isXItself(this.settings.apiUrl) ? `https://${host}` : this.settings.apiUrl;
  }

  private connect(options: Destination): net.Socket {
    const url = new URL(this.addressOf(options.host ?? ''));
    const isEncrypted = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? (isEncrypted ? 443 : 80) : Number(url.port);
    const socket = isEncrypted
      ? tls.connect({ host, port, servername: net.isIP(host) === 0 ? host : '' })
      : net.connect({ host, port });
    const ready = isEncrypted ? 'secureConnect' : 'connect';
    // The first to listen, so before what waits to be written is.
    socket.once(ready, () => this.stood.add(socket));
    this.giveUpOnSlowConnect(socket, ready);
    return socket;
  }

  private giveUpOnSlowConnect(socket: net.Socket, ready: 'connect' | 'secureConnect'): void {
    // A timer of our own: the socket's one is set anew by the request that waits for it.
    const timer = this.timers.after(this.settings.connectTimeoutMs, () => {
      socket.destroy(Object.assign(new Error('No connection in time'), { code: 'ETIMEDOUT' }));
    });
    socket.once(ready, () => timer.cancel());
    socket.once('close', () => timer.cancel());
  }
}
