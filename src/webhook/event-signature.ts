import { createHmac, timingSafeEqual } from 'node:crypto';

const PREFIX = 'sha256=';

/**
 * Whether X signed exactly these bytes: `x-twitter-webhooks-signature` is `sha256=` and the base64 HMAC-SHA256 of the raw
 * body under the app's consumer secret. Compared in constant time; every secret is tried, so that the time does not tell which fits.
 */
export function isSignedByX(body: Buffer, signature: string | undefined, consumerSecrets: readonly string[]): boolean {
  if (signature === undefined || !signature.startsWith(PREFIX)) {
    return false;
  }
  const given = Buffer.from(signature);
  return consumerSecrets
    .map((secret) => {
      const expected = Buffer.from(`${PREFIX}${createHmac('sha256', secret).update(body).digest('base64')}`);
      return expected.length === given.length && timingSafeEqual(expected, given);
    })
    .includes(true);
}
