/**
 * Any history of an app's accounts and the people who write to them, told to the policy's functions and to a model that knows
 * contract §5 and §7 only.
 */
import fc from 'fast-check';
import { firstDifference, type Seen } from './compare.js';
import { type History, histories } from './history.js';
import { loadPolicy } from './load-policy.js';

const RUNS = Number(process.env['POLICY_HISTORIES'] ?? 20_000);

/** All that can come of a send, a limit and an answer. */
const EVERYTHING = [
  ['reply', 'rate-limit', 'ask', 'refuse cannot-start-conversation', 'hold rate-limit'],
  ['hold window-closed', 'hold allotment-used', 'refuse window-closed', 'refuse allotment-used'],
  ['corrected by X', 'others are kept their shares', 'stop of all', 'stop of what counts', 'notice low', 'notice reached'],
].flat();

describe('The rate policy', () => {
  it(`gives the answers of the written rule in ${RUNS.toLocaleString('en')} histories, and meets all that can come of one`, () => {
    const policy = loadPolicy();
    const seen: Seen = new Map();
    fc.assert(
      fc.property(histories, (history: History) => {
        const difference = firstDifference(policy, history, seen);
        if (difference !== null) {
          throw new Error(difference);
        }
      }),
      { numRuns: RUNS },
    );
    const fewest = EVERYTHING.map((what) => [what, seen.get(what) ?? 0] as const).filter(([, times]) => times < RUNS / 100);
    expect(fewest).toEqual([]);
  }, 300_000);
});
