import { createCipheriv, createDecipheriv } from 'node:crypto';

/** AES-256-GCM with a fresh 96-bit nonce for each text. */
const ALGORITHM = 'aes-256-gcm';
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals a text for one place. `context` names that place (table, row, column) and is authenticated with it,
 * so that a sealed text moved to another row does not open. Answers base64 of nonce, tag and ciphertext.
 */
export function sealText(text: string, context: string, key: Buffer, nonce: Buffer): string {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64');
}

/** @throws when the key is another one, the text was changed, or it was sealed for another place */
export function openText(sealed: string, context: string, key: Buffer): string {
  const bytes = Buffer.from(sealed, 'base64');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
}
