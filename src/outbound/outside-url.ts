import { parseAllowedHost } from '../config/values/allowed-host.js';
import { isInSubnet, normaliseIpAddress, parseIpAddress, parseSubnet, type Subnet } from '../config/values/ip-address.js';
import { parseUrl } from '../kernel/url.js';

/** IANA's special-purpose registry of IPv4 (2026-08), multicast and what is reserved, and one public address that Azure answers for itself. */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
  '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24',
  '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '168.63.129.16/32',
];
/** All that is public in IPv6 so far is inside this; so no mapped, compatible, translated (64:ff9b::), local or multicast address is. */
const PUBLIC_V6 = '2000::/3';
/** IANA's assignments for protocols (Teredo among them), documentation, 6to4, and the 6bone's. */
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3ffe::/16', '3fff::/20', '2620:4f:8000::/48'];

const notPublic = [...NOT_PUBLIC_V4, ...NOT_PUBLIC_V6].map(toSubnet);
const publicV6 = toSubnet(PUBLIC_V6);
/** The end of an IPv6 address that leads to an IPv4 one inside its site (ISATAP). */
const ISATAP = /:[02]?0?0?:5efe:[0-9a-f]{1,4}:[0-9a-f]{1,4}$/;

/** A unicast address of the public internet. False for what is no address. */
export function isPublicAddress(text: string): boolean {
  const address = parseIpAddress(text);
  if (address === null || notPublic.some((subnet) => isInSubnet(address, subnet))) {
    return false;
  }
  return address.kind() === 'ipv4' || (isInSubnet(address, publicV6) && !ISATAP.test(normaliseIpAddress(text)));
}

/** What the operator lets us reach though it is not public, and over plain http. */
export class AllowedHosts {
  private readonly hosts: ReadonlySet<string>;
  private readonly subnets: readonly Subnet[];

  constructor(entries: readonly string[]) {
    const parsed = entries.map((entry) => parseAllowedHost(entry));
    this.hosts = new Set(parsed.flatMap((entry) => (entry?.kind === 'host' ? [entry.host] : [])));
    this.subnets = parsed.flatMap((entry) => (entry?.kind === 'subnet' ? [entry.subnet] : []));
  }

  /** Whether a name could turn out to lead to what is listed. */
  get hasSubnets(): boolean {
    return this.subnets.length > 0;
  }

  /** By its name, wherever that leads. */
  hasHost(host: string): boolean {
    return this.hosts.has(host);
  }

  /** An address by itself; one that only embeds a listed one is another address. */
  hasAddress(text: string): boolean {
    const address = parseIpAddress(text);
    return address !== null && this.subnets.some((subnet) => isInSubnet(address, subnet));
  }
}

export type OutsideUrl = { kind: 'allowed'; url: URL; host: string; isListed: boolean } | { kind: 'refused'; reason: string };

const refused = (reason: string): OutsideUrl => ({ kind: 'refused', reason });

/**
 * Whether we may call an address that a team names, as far as it tells without being resolved: https to a public host, or what the operator lists.
 * `isListed`: wherever its name leads. Where a name leads otherwise is decided by `decideAddresses`.
 */
export function parseOutsideUrl(text: string, allowed: AllowedHosts): OutsideUrl {
  const url = /[\u0000-\u0020]/.test(text) ? null : parseUrl(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return refused('It must be an https address.');
  }
  if (url.username !== '' || url.password !== '') {
    return refused('It must hold no user name and no password.');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const isAddress = parseIpAddress(host) !== null;
  const isListed = allowed.hasHost(host) || (isAddress && allowed.hasAddress(host));
  if (url.protocol === 'http:' && !isListed && (isAddress || !allowed.hasSubnets)) {
    return refused('It must be https.');
  }
  if (isAddress && !isListed && !isPublicAddress(host)) {
    return refused('It is not an address of the public internet.');
  }
  if (!isAddress && !isListed && !allowed.hasSubnets && isLocalName(host)) {
    return refused('It is not a name of the public internet.');
  }
  return { kind: 'allowed', url, host, isListed };
}

/** Whether a name may be called that leads to these addresses: all of them have to be right, since any of them may be the next answer. */
export function decideAddresses({ url, isListed }: Extract<OutsideUrl, { kind: 'allowed' }>, addresses: readonly string[], allowed: AllowedHosts): 'allowed' | 'refused' {
  const isRight = (address: string): boolean => isListed || allowed.hasAddress(address) || (url.protocol === 'https:' && isPublicAddress(address));
  return addresses.length > 0 && addresses.every(isRight) ? 'allowed' : 'refused';
}

function isLocalName(host: string): boolean {
  return !host.includes('.') || /\.(localhost|local|internal|intranet|home\.arpa|localdomain)$/.test(host);
}

function toSubnet(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet === null) {
    throw new Error(`${text} is no subnet`);
  }
  return subnet;
}
