import { createHmac, hkdfSync } from 'node:crypto';

type Purpose = 'api-key-pepper' | 'erased-participant-pepper';

/** Deriving one costs more than the digest itself, and every request and every event needs one. */
const peppers = new WeakMap<Buffer, Map<Purpose, Buffer>>();

/** A digest that nobody without the encryption key can try values against. Each purpose has a key of its own, derived from it. */
export function keyedDigest(purpose: Purpose, encryptionKey: Buffer, text: string): string {
  return createHmac('sha256', pepperOf(purpose, encryptionKey)).update(text).digest('base64url');
}

function pepperOf(purpose: Purpose, encryptionKey: Buffer): Buffer {
  const known = peppers.get(encryptionKey) ?? new Map<Purpose, Buffer>();
  const pepper = known.get(purpose) ?? Buffer.from(hkdfSync('sha256', encryptionKey, '', purpose, 32));
  peppers.set(encryptionKey, known.set(purpose, pepper));
  return pepper;
}
