import { createHash } from 'node:crypto';

/**
 * Names an app without telling its consumer key: SHA-256, base64url. The key has far too many bits to be guessed from it.
 */
export function appFingerprintOf(consumerKey: string): string {
  return createHash('sha256').update(consumerKey).digest('base64url');
}

/** X Activity and Account Activity over v2 have the same webhooks, of which an app may have one only: they share ours. */
const WEBHOOKS_OF: Readonly<Record<string, string>> = { 'x-activity': 'account-activity-v2' };

/**
 * The last part of a webhook's address: one per app and environment, since X signs with the app's secret and allows one
 * webhook an environment. Derived, not drawn, so that a channel that is made anew finds the webhook it had at X.
 */
export function webhookKeyOf(appFingerprint: string, eventsApi: string, environmentName: string | null): string {
  return createHash('sha256')
    .update(`${appFingerprint}\n${WEBHOOKS_OF[eventsApi] ?? eventsApi}\n${environmentName ?? ''}`)
    .digest('hex')
    .slice(0, 32);
}

export const WEBHOOK_PATH = '/webhooks/x';

export function webhookUrlOf(publicUrl: string, webhookKey: string): string {
  return `${publicUrl.replace(/\/$/, '')}${WEBHOOK_PATH}/${webhookKey}`;
}
