import { createHmac } from 'node:crypto';

/**
 * X signs its events with the same key as it wants challenges answered. Signing just any token would sign a forged event
 * for whoever asks, so a token has to look like one of X's: no JSON object fits this pattern.
 */
export const CHALLENGE_TOKEN_PATTERN = /^[A-Za-z0-9+/=_-]{16,128}$/;

export function isChallengeToken(token: unknown): token is string {
  return typeof token === 'string' && CHALLENGE_TOKEN_PATTERN.test(token);
}

/** `sha256=` and the base64 HMAC-SHA256 of the URL-decoded token under the app's consumer secret. */
export function answerChallenge(token: string, consumerSecret: string): string {
  return `sha256=${createHmac('sha256', consumerSecret).update(token).digest('base64')}`;
}
