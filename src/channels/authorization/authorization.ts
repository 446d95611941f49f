import { createHash } from 'node:crypto';
import type { Instant } from '../../kernel/clock.js';
import { MINUTE_MS } from '../../kernel/duration.js';

/** How long a person has to say yes at X. */
export const AUTHORIZATION_MS = 15 * MINUTE_MS;

export const CALLBACK_PATH = '/v1/channels/authorizations/callback';

/** `completed`: the channel has the account's tokens, also where it could not be connected · `denied`: the person said no. */
export type AuthorizationOutcome = 'completed' | 'denied' | 'failed';
export type AuthorizationStatus = AuthorizationOutcome | 'pending' | 'expired';

export interface AuthorizationFailure {
  code: string;
  detail: string;
}

export function statusOf({ outcome, expiresAt }: { outcome: AuthorizationOutcome | null; expiresAt: Instant }, now: Instant): AuthorizationStatus {
  return outcome ?? (expiresAt <= now ? 'expired' : 'pending');
}

/** X's request token is known to us by this alone; it cannot be guessed from it. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
