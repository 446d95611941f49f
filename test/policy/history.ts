import fc from 'fast-check';

/** Accounts of one app, and people who may write to them. */
export const ACCOUNTS = ['1001', '1002', '1003'] as const;
export const PEOPLE = ['rania', 'tom'] as const;
export const DAY_MS = 86_400_000;

/** What the histories are about: the numbers of the rule, small so that every edge is met, and the app's channels. */
export interface World {
  allotment: number;
  windowMs: number;
  limits: { name: string; limit: number; windowMs: number }[];
  shares: (number | null)[];
}

/** What X says of one of its limits with an answer. `resetInMs` is from then. */
export interface Said {
  of: 'endpoint' | 'account-24h' | 'app-24h';
  limit: number | null;
  remaining: number;
  resetInMs: number;
}

export type Edge = 'window-end' | 'oldest-use' | 'reset';

/** One thing that happens. `account` and `person` are indices; `which` chooses among the messages on their way. */
export type Step =
  | { kind: 'wait'; ms: number }
  | { kind: 'wait-for'; edge: Edge; account: number; person: number; offsetMs: number }
  | { kind: 'inbound'; account: number; person: number; atMs: number }
  | { kind: 'send'; account: number; person: number; beyond: 'count' | 'hold' | 'refuse'; permission: 'allowed' | 'not-allowed' | 'ask'; isBehind: boolean; times: number }
  | { kind: 'answer'; which: number; outcome: 'taken' | 'refused' | 'refused-twice' | 'unknown' | '429'; atMs: number; said: Said[] };

const account = fc.nat(ACCOUNTS.length - 1);
const person = fc.nat(PEOPLE.length - 1);
const edge = fc.constantFrom(-1, 0, 1);
const said: fc.Arbitrary<Said> = fc.record({
  of: fc.constantFrom('endpoint', 'account-24h', 'app-24h'),
  limit: fc.constantFrom(null, 1, 2, 4, 50),
  remaining: fc.constantFrom(0, 0, 1, 2, 40),
  resetInMs: fc.constantFrom(-1, 0, 1, 60_000, 900_000, DAY_MS, DAY_MS + 300_000, DAY_MS + 300_001, 40 * DAY_MS),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 60_000, 900_000, DAY_MS / 2, DAY_MS - 1, DAY_MS) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait-for' as const), edge: fc.constantFrom<Edge>('window-end', 'oldest-use', 'reset'), account, person, offsetMs: edge }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('inbound' as const), account, person, atMs: fc.constantFrom(0, 0, 0, -1, 1, -60_000, 60_000, 1 - DAY_MS, -DAY_MS) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      account,
      person,
      beyond: fc.constantFrom('count' as const, 'count' as const, 'count' as const, 'hold' as const, 'refuse' as const),
      permission: fc.constantFrom('allowed' as const, 'allowed' as const, 'not-allowed' as const, 'ask' as const),
      isBehind: fc.constantFrom(false, false, false, true),
      times: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      which: fc.nat(5),
      outcome: fc.constantFrom('taken' as const, 'taken' as const, 'taken' as const, 'refused' as const, 'refused-twice' as const, 'unknown' as const, '429' as const),
      atMs: fc.constantFrom(0, 0, -1, -60_000),
      said: fc.array(said, { maxLength: 3 }),
    }),
  },
);

const small = fc.integer({ min: 1, max: 7 });
const world: fc.Arbitrary<World> = fc
  .record({
    isV2: fc.boolean(),
    isReal: fc.constantFrom(false, false, false, false, true),
    allotment: fc.constantFrom(5, 5, 5, 1, 2),
    windowMs: fc.constantFrom(DAY_MS, DAY_MS, DAY_MS, 3_600_000),
    small: fc.tuple(small, small, fc.integer({ min: 1, max: 12 })),
    shares: fc.tuple(...ACCOUNTS.map(() => fc.constantFrom(null, null, 0, 0.25, 0.5, 1))),
  })
  .map(({ isV2, isReal, allotment, windowMs, small: [short, day, app], shares }) => ({
    allotment: isReal ? 5 : allotment,
    windowMs: isReal ? DAY_MS : windowMs,
    limits: [
      ...(isV2 ? [{ name: 'account-15m', limit: isReal ? 15 : short, windowMs: 900_000 }] : []),
      { name: 'account-24h', limit: isReal ? (isV2 ? 1_440 : 1_000) : day, windowMs: DAY_MS },
      { name: 'app-24h', limit: isReal ? (isV2 ? 1_440 : 15_000) : app, windowMs: DAY_MS },
    ],
    shares,
  }));

export const histories = fc.record({ world, steps: fc.array(step, { minLength: 1, maxLength: 80, size: 'medium' }) });
export type History = { world: World; steps: Step[] };
