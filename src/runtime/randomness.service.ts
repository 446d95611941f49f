import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';

/** Fetched at once: asking for a few bytes costs nearly as much as for thousands. */
const STORE_BYTES = 8_192;

/** Bytes and fractions that nobody can foresee. */
@Injectable()
export class Randomness {
  private store = Buffer.alloc(0);

  /** Never the same ones twice. */
  bytes(length: number): Buffer {
    if (length > STORE_BYTES) {
      return randomBytes(length);
    }
    if (this.store.length < length) {
      this.store = randomBytes(STORE_BYTES);
    }
    const taken = this.store.subarray(0, length);
    this.store = this.store.subarray(length);
    return taken;
  }

  /** At least 0, less than 1; for spreading work over time. */
  fraction(): number {
    return this.bytes(4).readUInt32BE() / 2 ** 32;
  }
}
