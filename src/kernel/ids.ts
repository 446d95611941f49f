/** Whose id it is, readable at first sight and impossible to mix up. */
export type IdPrefix = 'chn' | 'cnv' | 'msg' | 'cbk' | 'dlv' | 'key' | 'evt' | 'att' | 'aut' | 'stp' | 'whe' | 'aud' | 'med' | 'use';

// Crockford's alphabet: no I, L, O or U, so that an id read aloud or typed by hand is not mistaken.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_LENGTH = 10; // 50 bits of milliseconds: enough until the year 37658
const RANDOM_LENGTH = 16; // 79 bits: the first digit starts in the lower half, so that counting up never runs over

/**
 * Makes ids that sort by the time they were made: prefix, milliseconds, then 79 random bits.
 * Within one millisecond the random part is counted up, so ids of one process never go backwards.
 */
export class IdFactory {
  private lastTime = -1;
  private timeText = '';
  private digits: number[] = [];

  constructor(private readonly randomBytes: (length: number) => Uint8Array) {}

  create(prefix: IdPrefix, now: number): string {
    if (now > this.lastTime) {
      this.lastTime = now;
      this.timeText = encodeTime(now);
      this.digits = this.freshRandom();
    } else {
      countUp(this.digits);
    }
    let text = `${prefix}_${this.timeText}`;
    for (const digit of this.digits) {
      text += ALPHABET[digit];
    }
    return text;
  }

  private freshRandom(): number[] {
    return Array.from(this.randomBytes(RANDOM_LENGTH), (byte, index) => byte % (index === 0 ? ALPHABET.length / 2 : ALPHABET.length));
  }
}

/** True for an id of this service with that prefix; says nothing about whether the thing exists. */
export function isId(prefix: IdPrefix, value: string): boolean {
  return new RegExp(`^${prefix}_[${ALPHABET}]{${TIME_LENGTH + RANDOM_LENGTH}}$`).test(value);
}

/** Ids that were made before then sort before it. */
export function firstIdAt(prefix: IdPrefix, at: number): string {
  return `${prefix}_${encodeTime(Math.max(0, at))}`;
}

function encodeTime(time: number): string {
  let rest = time;
  let text = '';
  for (let i = 0; i < TIME_LENGTH; i += 1) {
    text = `${ALPHABET[rest % ALPHABET.length]}${text}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}

function countUp(digits: number[]): void {
  for (let i = digits.length - 1; i >= 0; i -= 1) {
    const digit = (digits[i] ?? 0) + 1;
    digits[i] = digit < ALPHABET.length ? digit : 0;
    if (digit < ALPHABET.length) {
      return;
    }
  }
}
