import { createHmac } from 'node:crypto';

/** Standard Webhooks: a secret is written with this prefix, its bytes in base64. */
export const SECRET_PREFIX = 'whsec_';
export const SECRET_BYTES = 32;

/**
 * The headers with which the receiver tells that a call is ours: what is signed is `id.timestamp.body`. With several secrets there is a
 * signature of each, so that either is right while a receiver changes from one to the other. `at` is in seconds.
 */
export function signDelivery(secrets: readonly string[], id: string, at: number, body: string): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': signatures.join(' ') };
}
