/** What a caller may send as `Idempotency-Key`: visible ASCII. */
export const IDEMPOTENCY_KEY_PATTERN = /^[!-~]{1,255}$/;
