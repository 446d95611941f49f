import { createHmac, timingSafeEqual } from 'node:crypto';
import { percentDecode, percentEncode, type Params } from '../wire/form-params.js';

/** The `oauth_…` fields of an `Authorization: OAuth …` header. */
export interface OAuthFields {
  consumerKey: string;
  /** Null where an app signs for itself, to begin a sign-in. */
  token: string | null;
  nonce: string;
  timestamp: string;
  signature: string;
  signatureMethod: string;
  /** Every field but the signature and the realm, as they enter the signature. */
  signed: Params;
}

const REQUIRED = ['oauth_consumer_key', 'oauth_nonce', 'oauth_timestamp', 'oauth_signature', 'oauth_signature_method'];

/** Null when the header is not OAuth 1.0a, a field is missing, or one comes twice. */
export function parseOAuthHeader(header: string): OAuthFields | null {
  const scheme = /^OAuth\s+(.*)$/is.exec(header)?.[1];
  if (scheme === undefined) return null;
  const pairs = [...scheme.matchAll(/([A-Za-z_]+)\s*=\s*"([^"]*)"/g)].map((pair) => [pair[1] ?? '', percentDecode(pair[2] ?? '')] as const);
  const fields = new Map(pairs);
  if (fields.size !== pairs.length || REQUIRED.some((name) => !fields.has(name))) return null;
  const read = (name: string): string => fields.get(name) ?? '';
  return {
    consumerKey: read('oauth_consumer_key'),
    token: read('oauth_token') === '' ? null : read('oauth_token'),
    nonce: read('oauth_nonce'),
    timestamp: read('oauth_timestamp'),
    signature: read('oauth_signature'),
    signatureMethod: read('oauth_signature_method'),
    signed: pairs.filter(([name]) => name !== 'oauth_signature' && name !== 'realm'),
  };
}

/** `METHOD&url&params`, each percent-encoded; the parameters sorted by name, then by value, after encoding. */
export function signatureBaseString(method: string, url: string, params: Params): string {
  const normalised = params
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return [method.toUpperCase(), percentEncode(url), percentEncode(normalised)].join('&');
}

/** HMAC-SHA1 in base64 with `consumer secret & token secret` as the key. */
export function signBaseString(baseString: string, consumerSecret: string, tokenSecret: string): string {
  const key = `${percentEncode(consumerSecret)}&${percentEncode(tokenSecret)}`;
  return createHmac('sha1', key).update(baseString).digest('base64');
}

export function isSameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')];
  return left.length === right.length && timingSafeEqual(left, right);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
