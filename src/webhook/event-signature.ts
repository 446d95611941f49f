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

/** The signatures that a delivery bears, by the kind of secret that each is made with. */
export interface Signatures {
  /** `x-twitter-webhooks-signature`, by the consumer secret. */
  consumerSecret: string | undefined;
  /** `x-twitter-webhooks-signature-oauth2`, by the client secret of OAuth 2.0. */
  clientSecret: string | undefined;
}

/** Whether either holds, each by its own kind of secret. One that is wrong beside one that holds does no harm: X may sign with a secret that we do not know yet. */
export function isSignedEitherWay(body: Buffer, signatures: Signatures, secrets: Readonly<Record<keyof Signatures, readonly string[]>>): boolean {
  const byConsumer = isSignedByX(body, signatures.consumerSecret, secrets.consumerSecret);
  const byClient = isSignedByX(body, signatures.clientSecret, secrets.clientSecret);
  return byConsumer || byClient;
}
