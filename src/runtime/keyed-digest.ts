import { createHmac, hkdfSync } from 'node:crypto';

/** A digest that nobody without the encryption key can try values against. Each purpose has a key of its own, derived from it. */
export function keyedDigest(purpose: 'api-key-pepper' | 'erased-participant-pepper', encryptionKey: Buffer, text: string): string {
  const pepper = Buffer.from(hkdfSync('sha256', encryptionKey, '', purpose, 32));
  return createHmac('sha256', pepper).update(text).digest('base64url');
}
