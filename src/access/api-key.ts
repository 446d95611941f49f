import { timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { keyedDigest } from '../runtime/keyed-digest.js';

/**
 * A key reads `tdc_<id>_<secret><checksum>`: a prefix that secret scanners can look for, the id it is found by,
 * 256 random bits, and a CRC-32 that tells a mistyped key from a wrong one without asking the database.
 */
const KEY_PATTERN = /^tdc_([0-9a-hjkmnp-tv-z]{26})_([0-9a-f]{64})([0-9a-f]{8})$/;
export const API_KEY_SECRET_BYTES = 32;

export interface ApiKeyParts {
  id: string;
  secret: string;
}

export function formatApiKey(id: string, secret: Buffer): string {
  const body = `tdc_${id.replace(/^key_/, '')}_${secret.toString('hex')}`;
  return `${body}${checksum(body)}`;
}

/** Null for anything that is not shaped like one of our keys. */
export function parseApiKey(key: string): ApiKeyParts | null {
  const [, id, secret, given] = KEY_PATTERN.exec(key) ?? [];
  if (id === undefined || secret === undefined || given !== checksum(key.slice(0, -8))) {
    return null;
  }
  return { id: `key_${id}`, secret };
}

/** What is stored instead of the secret. It has 256 bits of its own, so a fast hash is the right one. */
export function hashApiKeySecret(secret: string, encryptionKey: Buffer): string {
  return keyedDigest('api-key-pepper', encryptionKey, secret);
}

/** Compares in a time that depends on the length only. */
export function isSameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
