/** Whether the histories would notice: each fault of the list is planted into the policy's source, and a history has to show it. */
import fc from 'fast-check';
import { firstDifference } from './compare.js';
import { histories } from './history.js';
import { countOccurrences, loadPolicy } from './load-policy.js';
import { MUTANTS } from './mutants.js';

/** More than any of them has needed, by far; the same histories each time, so that the suite says the same each time. */
const RUNS = 6_000;
const SEED = 2_026;

describe('The histories', () => {
  it('are qualified by at least 20 faults with different names', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(20);
  });

  it.each(MUTANTS.map((mutant) => [mutant.file, mutant.name, mutant] as const))('show a fault in %s: %s', (_file, _name, mutant) => {
    expect(countOccurrences(mutant)).toBe(1);
    const policy = loadPolicy(mutant);
    const result = fc.check(
      fc.property(histories, (history) => firstDifference(policy, history) === null),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    expect(result.failed).toBe(true);
    // By a wrong answer, not by a program that does not run.
    expect(String(result.errorInstance)).toContain('returning false');
  }, 60_000);
});
