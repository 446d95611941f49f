import fc from 'fast-check';

/** All that chance decides of one request. The same seed makes the same choices. */
export class Choice {
  private taken = 0;

  constructor(private readonly seed: number) {}

  /** A value that fast-check makes: small and odd ones more often than others. */
  of<Value>(arbitrary: fc.Arbitrary<Value>): Value {
    const [value] = fc.sample(arbitrary, { seed: this.next() | 0, numRuns: 1 });
    return value as Value;
  }

  /** Each as likely as any other. */
  from<Value>(values: readonly Value[]): Value {
    if (values.length === 0) throw new Error('There is nothing to choose from.');
    return values[this.next() % values.length] as Value;
  }

  /** True once in so many times. */
  isOneIn(times: number): boolean {
    return this.next() % times === 0;
  }

  private next(): number {
    this.taken += 1;
    return mixed(this.seed, this.taken);
  }
}

/** Neighbouring seeds would give fast-check alike values; these are far apart (the last steps of MurmurHash3). */
function mixed(seed: number, turn: number): number {
  let hash = Math.imul(seed, 0x9e3779b1) ^ Math.imul(turn, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
