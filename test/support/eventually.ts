import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Real time until it counts as never. */
  withinMs?: number;
  everyMs?: number;
}

/**
 * Tries until `attempt` neither throws nor gives `false` or `null`, and gives what it gave; `undefined` is fine, for that is
 * what an expectation gives: `await eventually(() => expect(sent()).toBe(2), 'both messages are sent')`.
 * After the deadline it throws, with what was waited for and what the last try said.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  what: string,
  { withinMs = 5_000, everyMs = 20 }: EventuallyOptions = {},
): Promise<Exclude<T, false | null>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const outcome = await tryOnce(attempt);
    if (outcome.kind === 'done') return outcome.value;
    if (performance.now() >= deadline) {
      throw new Error(`Not within ${withinMs} ms: ${what}. The last try: ${outcome.why}`, { cause: outcome.cause });
    }
    await delay(everyMs);
  }
}

type Outcome<T> = { kind: 'done'; value: Exclude<T, false | null> } | { kind: 'not-yet'; why: string; cause?: unknown };

async function tryOnce<T>(attempt: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    const value = await attempt();
    if (value === false || value === null) return { kind: 'not-yet', why: `gave ${String(value)}` };
    return { kind: 'done', value: value as Exclude<T, false | null> };
  } catch (error) {
    return { kind: 'not-yet', why: error instanceof Error ? error.message : String(error), cause: error };
  }
}
