import type { XAnswer } from '../kernel/problem.js';
import type { XLimit } from './x-limits.js';

/**
 * How far a call that failed got:
 * `not-sent`   no connection stood, so X has not seen a byte of it;
 * `maybe-sent` bytes may have left and no whole answer came back: X may or may not have acted;
 * `answered`   X answered, and not with success.
 */
export type XFailureKind = 'not-sent' | 'maybe-sent' | 'answered';

/** A call to X that did not succeed. Carries no request, no header and no credential, so that it can be logged. */
export class XFailure extends Error {
  constructor(
    readonly kind: XFailureKind,
    readonly answer: XAnswer,
    /** What X said of its limits with it. */
    readonly limits: readonly XLimit[] = [],
    /** The last part of v2's `type`, e.g. `unsupported-authentication`; null where there is none. */
    readonly problemType: string | null = null,
  ) {
    super(`X call failed (${kind}, HTTP ${answer.status ?? '-'}, code ${answer.code ?? '-'}): ${answer.detail}`);
    this.name = 'XFailure';
  }

  hasCode(...codes: readonly number[]): boolean {
    return this.answer.code !== null && codes.includes(this.answer.code);
  }

  /** v2 has no codes: it begins what it says with a name of the reason. */
  hasReason(...reasons: readonly string[]): boolean {
    return reasons.some((reason) => this.answer.detail.startsWith(reason));
  }
}

export const X_CODES = { notFound: 34, alreadySubscribed: 355 } as const;

/** X knows no such person: four wordings of it, by the call. */
export const NO_SUCH_USER_CODES = [17, 34, 50, 108];

export function isNoSuchUser(failure: XFailure): boolean {
  return failure.hasCode(...NO_SUCH_USER_CODES);
}

export function isNotFound(failure: XFailure): boolean {
  return failure.hasCode(X_CODES.notFound) || failure.answer.status === 404;
}

/** True when the call succeeded, false when X refused it as `isMeant` says: to us the state that it tells of is no failure. */
export async function unlessRefused(isMeant: (failure: XFailure) => boolean, call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof XFailure && isMeant(error)) {
      return false;
    }
    throw error;
  }
}

/** X's ways to say that an app's access does not include a v1.1 call, or that the call is gone: v2 has the same. */
const NOT_INCLUDED_CODES = [87, 251, 453];
const GONE = 410;

export function isNotIncluded(error: unknown): boolean {
  return error instanceof XFailure && (error.hasCode(...NOT_INCLUDED_CODES) || error.answer.status === GONE);
}

const MAX_DETAIL_CHARACTERS = 500;

/** X's error bodies come as `{errors:[{code,message}]}`, `{code,message}`, `{error}` or a v2 problem; anything else is no use to a reader. */
export function readErrorBody(body: unknown): Pick<XAnswer, 'code' | 'detail'> {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const [first] = Array.isArray(fields['errors']) ? (fields['errors'] as unknown[]) : [];
  const error = (typeof first === 'object' && first !== null ? first : fields) as Record<string, unknown>;
  const detail = [error['message'], fields['error'], fields['detail'], fields['title']].find(
    (text) => typeof text === 'string' && text !== '',
  ) as string | undefined;
  return {
    code: typeof error['code'] === 'number' ? error['code'] : null,
    detail: toStorable(detail ?? '') || 'X gave no reason.',
  };
}

/** v2 names the kind of a refusal by an address. */
export function readProblemType(body: unknown): string | null {
  const type = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['type'] : undefined;
  return typeof type === 'string' ? (/\/problems\/([a-z-]{1,60})$/.exec(type)?.[1] ?? null) : null;
}

/** Bounded, by whole characters, and without NUL, which PostgreSQL's text does not hold. */
function toStorable(text: string): string {
  return Array.from(text.replaceAll('\u0000', '')).slice(0, MAX_DETAIL_CHARACTERS).join('');
}
