import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';

/** Bytes and fractions that nobody can foresee. */
@Injectable()
export class Randomness {
  bytes(length: number): Buffer {
    return randomBytes(length);
  }

  /** At least 0, less than 1; for spreading work over time. */
  fraction(): number {
    return randomBytes(4).readUInt32BE() / 2 ** 32;
  }
}
