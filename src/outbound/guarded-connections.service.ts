import net from 'node:net';
import tls from 'node:tls';
import { Injectable } from '@nestjs/common';
import { normaliseIpAddress } from '../config/values/ip-address.js';
import { HostAddresses } from './host-addresses.service.js';
import { type AllowedHosts, decideAddresses, type OutsideUrl, parseOutsideUrl } from './outside-url.js';

/** A name may have many addresses; the time that a call has is for a few. */
const ADDRESSES_TRIED = 3;

/** `refused`: our own guard did not let it go; `reason` is a sentence. */
export type GuardedConnection = { kind: 'open'; url: URL; socket: net.Socket } | { kind: 'refused'; reason: string };

type Target = Extract<OutsideUrl, { kind: 'allowed' }>;

/**
 * The only way out to what teams name: `address read → every address that its name has looked at → connected to one of just these, which
 * is looked at once more → TLS`. Nothing is written before the last look.
 */
@Injectable()
export class GuardedConnections {
  constructor(private readonly addresses: HostAddresses) {}

  /** `over` breaks it off. @throws what the system or TLS says when it does not come to stand */
  async open(url: string, allowed: AllowedHosts, over: AbortSignal): Promise<GuardedConnection> {
    const target = parseOutsideUrl(url, allowed);
    if (target.kind === 'refused') {
      return target;
    }
    const found = await this.addresses.list(target.host);
    if (decideAddresses(target, found, allowed) === 'refused') {
      return { kind: 'refused', reason: 'Its name does not lead to the public internet alone.' };
    }
    const socket = await connect(target, found.slice(0, ADDRESSES_TRIED), allowed, over);
    return socket === null ? { kind: 'refused', reason: 'The connection led to another address.' } : { kind: 'open', url: target.url, socket };
  }
}

/** Null when the peer is none of the addresses that were looked at. */
async function connect(target: Target, addresses: readonly string[], allowed: AllowedHosts, over: AbortSignal): Promise<net.Socket | null> {
  const { url } = target;
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  let failure: unknown = null;
  for (const address of addresses) {
    over.throwIfAborted();
    try {
      const socket = await connectTo(address, port, over);
      if (decideAddresses(target, [socket.remoteAddress ?? ''], allowed) === 'refused' || normaliseIpAddress(socket.remoteAddress ?? '') !== normaliseIpAddress(address)) {
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
