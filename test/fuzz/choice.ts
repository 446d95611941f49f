import fc from 'fast-check';

/** All that chance decides of one request. The same seed makes the same choices. */
export class Choice {
  private taken = 0;

  constructor(private readonly seed: number) {}

  of<Value>(arbitrary: fc.Arbitrary<Value>): Value {
    this.taken += 1;
    // Neighbouring seeds give unlike values: fast-check mixes them.
    const [value] = fc.sample(arbitrary, { seed: this.seed * 64 + this.taken, numRuns: 1 });
    return value as Value;
  }

  from<Value>(values: readonly Value[]): Value {
    if (values.length === 0) throw new Error('There is nothing to choose from.');
    return values[this.of(fc.nat(values.length - 1))] as Value;
  }

  /** True once in so many times. */
  isOneIn(times: number): boolean {
    return this.of(fc.nat(times - 1)) === 0;
  }
}
