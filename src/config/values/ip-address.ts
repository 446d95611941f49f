import ipaddr from 'ipaddr.js';

/** An IP address, as a number of bits that can be compared. */
export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;
export type Subnet = [IpAddress, number];

/** Reads an address in the usual ways to write it: four decimal numbers, or IPv6 without a zone. Null for everything else. */
export function parseIpAddress(text: string): IpAddress | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return ipaddr.IPv4.parse(text);
  }
  return text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : null;
}

/** Reads `10.0.0.0/8`, `2000::/3`, or an address alone, which stands for itself; null for everything else. */
export function parseSubnet(text: string): Subnet | null {
  const [, written = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseIpAddress(written);
  const bits = address?.kind() === 'ipv4' ? 32 : 128;
  const prefix = digits === undefined ? bits : Number(digits);
  return address === null || prefix > bits ? null : [address, prefix];
}

export function isInSubnet(address: IpAddress, [network, prefix]: Subnet): boolean {
  return address.kind() === network.kind() && address.match([network, prefix] as never);
}

/** The same text for the same address, however it was written. */
export function normaliseIpAddress(text: string): string {
  return parseIpAddress(text)?.toNormalizedString() ?? text;
}
