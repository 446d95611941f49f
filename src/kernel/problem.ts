import type { ProblemCode } from './problem-code.js';

/** One thing that is wrong with an input: where (RFC 6901 pointer into the body, or `?name` of the query), which rule, and in words. */
export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

/** What X itself answered, when X is the cause. Never holds a header or a credential. */
export interface XAnswer {
  status: number | null;
  code: number | null;
  detail: string;
}

export interface ProblemExtras {
  errors?: readonly FieldProblem[];
  x?: XAnswer;
  /** What to do about it, in a sentence of its own. */
  remedy?: string;
  /** How long the caller should wait before another try. */
  retryAfterMs?: number;
  /** Members added to the problem document, such as the URL of a webhook that is in the way. Never a secret. */
  members?: Readonly<Record<string, string | number | boolean>>;
  cause?: unknown;
}

/**
 * A refusal or failure that a caller is told of. It carries what went wrong, never how HTTP says it.
 * `detail` is a full sentence for a person; what to do stands in it or, apart, in `extras.remedy`. Neither ever holds a secret.
 */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly extras: ProblemExtras = {},
  ) {
    super(`${code}: ${detail}`, { cause: extras.cause });
    this.name = 'Problem';
  }

  /** What went wrong and what to do about it. */
  get explanation(): string {
    return this.extras.remedy === undefined ? this.detail : `${this.detail} ${this.extras.remedy}`;
  }
}

/** For the branch of a switch over a closed set that can only be reached by a value outside it. */
export function unreachable(value: never): never {
  throw new Error(`Unexpected value: ${String(value)}`);
}
