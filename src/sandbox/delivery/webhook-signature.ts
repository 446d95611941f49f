import { createHmac } from 'node:crypto';

/** X's signature: HMAC-SHA256 with the consumer secret over the exact bytes, base64, prefixed. Also the answer it wants to a CRC. */
export function signWebhook(consumerSecret: string, bytes: Buffer | string): string {
  return `sha256=${createHmac('sha256', consumerSecret).update(bytes).digest('base64')}`;
}
