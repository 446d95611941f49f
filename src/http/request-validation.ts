import { type FieldProblem, Problem } from '../kernel/problem.js';
import { X_ID_IS_A_STRING } from '../kernel/x-id.js';

/** What a schema library reports; zod adds `code` and, for unknown fields, `keys`. */
export interface ValidationIssue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined;
  code?: string;
  keys?: readonly string[];
}

/** Turns what a schema found into the answer that the caller gets: each field with its pointer. */
export function toValidationProblem(issues: readonly ValidationIssue[], where: 'body' | 'query' | 'path'): Problem {
  const errors = issues.flatMap((issue) => toFieldProblems(issue, where));
  const numericId = errors.find((error) => error.code === 'request.id-must-be-string');
  if (numericId !== undefined) {
    return new Problem('request.id-must-be-string', `${numericId.detail} See ${numericId.pointer}.`, { errors });
  }
  const [first] = errors;
  const place = first === undefined || first.pointer === '' ? '' : `${first.pointer}: `;
  const summary = `${place}${first?.detail ?? 'The request is not valid.'}`;
  return new Problem('request.invalid', summary, { errors });
}

/**
 * NUL is no character of a text, nor is half a surrogate pair, which JSON lets through as `\ud800`: PostgreSQL stores neither, and
 * SQLite gives back another text than it was given. Gives what is wrong with a value that a schema has passed.
 */
export function findBrokenText(value: unknown, path: readonly PropertyKey[] = []): ValidationIssue[] {
  if (typeof value === 'string') {
    return [
      ...(value.includes('\u0000') ? [{ message: 'Must not contain the character NUL.', path, code: 'nul-character' }] : []),
      ...(value.isWellFormed() ? [] : [{ message: 'Holds half of a character (a lone surrogate).', path, code: 'lone-surrogate' }]),
    ];
  }
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, nested]) => findBrokenText(nested, [...path, key]))
    : [];
}

function toFieldProblems(issue: ValidationIssue, where: 'body' | 'query' | 'path'): FieldProblem[] {
  const path = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  if (issue.code === 'unrecognized_keys' && issue.keys !== undefined) {
    return issue.keys.map((key) => ({
      pointer: toPointer([...path, key], where),
      code: 'unknown-field',
      detail: 'This field is not known here.',
    }));
  }
  const code = issue.message === X_ID_IS_A_STRING ? 'request.id-must-be-string' : (issue.code ?? 'invalid').replaceAll('_', '-');
  return [{ pointer: toPointer(path, where), code, detail: issue.message }];
}

/** RFC 6901 into the body; `?name` for a query parameter and `:name` for a part of the path. */
function toPointer(path: readonly PropertyKey[], where: 'body' | 'query' | 'path'): string {
  const segments = path.map((segment) => String(segment).replaceAll('~', '~0').replaceAll('/', '~1'));
  if (where === 'body') {
    return segments.length === 0 ? '' : `/${segments.join('/')}`;
  }
  return `${where === 'query' ? '?' : ':'}${segments.join('.')}`;
}
