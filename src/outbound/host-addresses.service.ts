import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';

/** Where a host is: asked as the system asks, its hosts file included. */
@Injectable()
export class HostAddresses {
  /** All of them. @throws what the resolver says when there is none */
  async list(host: string): Promise<string[]> {
    return isIP(host) === 0 ? (await lookup(host, { all: true })).map(({ address }) => address) : [host];
  }
}
