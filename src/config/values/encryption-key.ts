import { createHash } from 'node:crypto';

/** AES-256 takes a key of exactly this length. */
export const ENCRYPTION_KEY_BYTES = 32;

export interface EncryptionKey {
  /** First 8 hex digits of the key's SHA-256: stored with what the key sealed, so that it finds its key again. */
  id: string;
  key: Buffer;
}

/** `current` seals; it and every one of `previous` open. No key occurs twice. */
export interface EncryptionKeyRing {
  current: EncryptionKey;
  previous: readonly EncryptionKey[];
}

/** Exactly 32 bytes in base64, with or without the padding; null for anything else, other alphabets and spaces among it. */
export function parseEncryptionKey(text: string): Buffer | null {
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(text)) return null;
  const key = Buffer.from(text, 'base64');
  // 43 base64 characters hold 258 bits: a text whose last two are not zero is not what any encoder writes.
  return key.toString('base64').replace('=', '') === text.replace('=', '') ? key : null;
}

export function toEncryptionKeyRing(current: Buffer, previous: readonly Buffer[]): EncryptionKeyRing {
  const ring = new Map<string, EncryptionKey>();
  for (const key of [current, ...previous]) {
    const id = createHash('sha256').update(key).digest('hex').slice(0, 8);
    if (!ring.has(id)) ring.set(id, { id, key });
  }
  const [first, ...others] = ring.values();
  if (first === undefined) throw new Error('A key ring holds at least its current key');
  return { current: first, previous: others };
}
