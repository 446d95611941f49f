import { parseIpAddress, parseSubnet, type Subnet } from './ip-address.js';
import { parseUrl } from '../../kernel/url.js';

/** One entry of the operator's list: a host, or addresses. */
export type AllowedHost = { kind: 'host'; host: string } | { kind: 'subnet'; subnet: Subnet };

const HOST = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/** A host name, an address or a CIDR such as 10.1.0.0/16; null for what is none. */
export function parseAllowedHost(text: string): AllowedHost | null {
  const subnet = parseSubnet(text.replace(/^\[|\]$/g, ''));
  if (subnet !== null) {
    return { kind: 'subnet', subnet };
  }
  const host = toHostName(text);
  return host === null ? null : { kind: 'host', host };
}

/** As an address writes it: small letters, international names in ASCII, no dot at the end. */
function toHostName(text: string): string | null {
  const host = /[\s/:@?#\\%]/.test(text) ? '' : (parseUrl(`http://${text}/`)?.hostname.replace(/\.$/, '') ?? '');
  // What the parser takes for a number is an address that nobody would find again.
  return HOST.test(host) && parseIpAddress(host) === null ? host : null;
}
