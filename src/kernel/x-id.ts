/**
 * Ids of X (users, messages, apps) are 64-bit numbers. JavaScript's numbers end at 2^53, so one read as a number
 * may already be somebody else's: in this service they are strings from the first byte to the last.
 */
export const X_ID_PATTERN = /^[1-9]\d{0,19}$/;

export const X_ID_IS_A_STRING = 'An X id must be a string: as a JSON number it may lose its last digits.';

/** Orders two ids as the numbers they stand for: negative when `a` is the smaller. */
export function compareXIds(a: string, b: string): number {
  const left = BigInt(a);
  const right = BigInt(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
