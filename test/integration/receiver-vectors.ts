/** An address that a team could name, and must never be called. `leadsTo` are the answers of the resolver, where a name is asked for. */
export interface Vector {
  url: string;
  leadsTo?: string[];
}

const bytesOf = (address: string): number[] => address.split('.').map(Number);
const numberOf = (address: string): number => bytesOf(address).reduce((sum, byte) => sum * 256 + byte, 0);
const hex = (value: number, width = 0): string => value.toString(16).padStart(width, '0');
/** The last 32 bits of an IPv6 address. */
const groups = (address: string): string => {
  const [a = 0, b = 0, c = 0, d = 0] = bytesOf(address);
  return `${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
};
const inverted = (address: string): string => groups(bytesOf(address).map((byte) => 255 - byte).join('.'));

const FULL_WIDTH = '０１２３４５６７８９';
const CIRCLED = '⓪①②③④⑤⑥⑦⑧⑨';
const digitsFrom = (alphabet: string) => (address: string): string => address.replace(/\d/g, (digit) => [...alphabet][Number(digit)] ?? '');

/** The ways to write an IPv4 address, and to hide it in one of IPv6. */
export const NOTATIONS: Readonly<Record<string, (address: string) => string>> = {
  decimal: (address) => address,
  'one number': (address) => String(numberOf(address)),
  'one hexadecimal number': (address) => `0x${hex(numberOf(address))}`,
  'one octal number': (address) => `0${numberOf(address).toString(8)}`,
  'hexadecimal parts': (address) => bytesOf(address).map((byte) => `0x${hex(byte)}`).join('.'),
  'octal parts': (address) => bytesOf(address).map((byte) => `0${byte.toString(8)}`).join('.'),
  'mixed parts': (address) => bytesOf(address).map((byte, n) => (n % 2 === 0 ? `0X${hex(byte).toUpperCase()}` : `00${byte.toString(8)}`)).join('.'),
  'two parts': (address) => `${bytesOf(address)[0]}.${numberOf(address) % 2 ** 24}`,
  'three parts': (address) => `${bytesOf(address).slice(0, 2).join('.')}.${numberOf(address) % 2 ** 16}`,
  'a dot at the end': (address) => `${address}.`,
  'full-width digits': digitsFrom(FULL_WIDTH),
  'circled digits': digitsFrom(CIRCLED),
  'ideographic dots': (address) => address.replaceAll('.', '。'),
  'half-width dots': (address) => address.replaceAll('.', '｡'),
  'percent-encoded': (address) => [...address].map((character) => `%${hex(character.charCodeAt(0), 2)}`).join(''),
  mapped: (address) => `[::ffff:${address}]`,
  'mapped, in full': (address) => `[0000:0000:0000:0000:0000:FFFF:${groups(address)}]`,
  compatible: (address) => `[::${address}]`,
  'mapped into IPv4-translated': (address) => `[::ffff:0:${groups(address)}]`,
  '6to4': (address) => `[2002:${groups(address)}::1]`,
  NAT64: (address) => `[64:ff9b::${address}]`,
  'local NAT64': (address) => `[64:ff9b:1::${groups(address)}]`,
  Teredo: (address) => `[2001:0:4136:e378:8000:63bf:${inverted(address)}]`,
  ISATAP: (address) => `[2606:4700::200:5efe:${groups(address)}]`,
};

/** In ranges of IPv4 that are not the public internet: the first and last of them, and those that clouds answer for themselves. */
export const NOT_PUBLIC = [
  '0.0.0.0', '0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.100.100.200', '100.127.255.255', '127.0.0.1', '127.255.255.254',
  '168.63.129.16', '169.254.0.0', '169.254.169.254', '169.254.170.2', '172.16.0.0', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1',
  '192.168.0.0', '192.168.255.255', '198.18.0.0', '198.19.255.255', '198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255',
];

/** One before and one after those ranges, and well-known ones. */
export const PUBLIC = [
  '1.0.0.0', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0', '168.63.129.15', '169.253.255.255',
  '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0', '192.0.3.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0',
  '203.0.112.255', '203.0.114.0', '223.255.255.255', '2606:4700::1111', '2001:4860:4860::8888', '2a00:1450::1', '2001:200::1', '2003::1', '2620:fe::fe',
];

const V6 = [
  '::', '::1', '0:0:0:0:0:0:0:1', 'fe80::1', 'febf::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'fdff:ffff::1', 'ff02::1', 'ff0e::1', '100::1', '2001::1',
  '2001:1ff::1', '2001:2::1', '2001:db8::1', '2001:db8:ffff::1', '2002::1', '3ffe::1', '3fff::1', '3fff:fff::1', '4000::1', '5f00::1', '1fff::1', 'e000::1', '64:ff9b:1::1',
];

const NAMES = ['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'ip6-localhost', 'intranet', 'printer.local', 'metadata.google.internal', 'db.internal', 'router.home.arpa', 'ｌｏｃａｌｈｏｓｔ'];

/** Names of the public internet whose owner lets them lead elsewhere; one right answer does not make up for a wrong one. */
const LEADING = [
  ...NOT_PUBLIC.map((address) => [address]),
  ...V6.map((address) => [address]),
  ...['127.0.0.1', '::1', '10.0.0.5', '169.254.169.254', '::ffff:127.0.0.1', 'fd00:ec2::254'].flatMap((address) => [['93.184.215.14', address], [address, '93.184.215.14'], ['2606:4700::1111', '93.184.215.14', address]]),
  ['fe80::1%lo'],
  ['::1%1'],
  ['not an address'],
  [],
];

/** Every vector, each with the port of the listener that must hear nothing. */
export function listVectors(port: number): Vector[] {
  const addresses = NOT_PUBLIC.flatMap((address) => Object.values(NOTATIONS).map((write) => `https://${write(address)}:${port}/`));
  const v6 = V6.map((address) => `https://[${address}]:${port}/`);
  const names = NAMES.map((name) => `https://${name}:${port}/`);
  const tricks = [
    `http://127.0.0.1:${port}/`,
    `http://public.example:${port}/`,
    `https://user@127.0.0.1:${port}/`,
    `https://public.example@127.0.0.1:${port}/`,
    `https://127.0.0.1:${port}@public.example/`,
    `https://user:pass@public.example:${port}/`,
    `https://127.0.0.1:${port}\\@public.example/`,
    `https:\\\\127.0.0.1:${port}/`,
    `https:/127.0.0.1:${port}/`,
    `https:127.0.0.1:${port}/`,
    `HTTPS://127.0.0.1:${port}/`,
    `https://127.0.0.1:${port}/#@public.example`,
    `https://127.0.0.1:${port}?@public.example/`,
    ` https://127.0.0.1:${port}/`,
    `https://127.0.0.1\t:${port}/`,
    `ht\ntps://127.0.0.1:${port}/`,
    `https://127.1:${port}/`,
    `https://127.0.1:${port}/`,
    `https://0:${port}/`,
    `https://0x0:${port}/`,
    `https://[::]:${port}/`,
    `https://[fe80::1%25lo]:${port}/`,
    `//127.0.0.1:${port}/`,
    '/hooks',
    '',
    'https://',
    `ftp://127.0.0.1:${port}/`,
    `ws://127.0.0.1:${port}/`,
    `file:///etc/passwd`,
    `gopher://127.0.0.1:${port}/_`,
    `data:text/plain,hello`,
    `javascript:alert(1)`,
    `unix:///var/run/docker.sock`,
    `blob:https://127.0.0.1:${port}/`,
  ];
  return [
    ...[...addresses, ...v6, ...names, ...tricks].map((url) => ({ url })),
    ...LEADING.map((leadsTo) => ({ url: `https://public.example:${port}/`, leadsTo })),
  ];
}
