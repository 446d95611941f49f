import type { Problem } from '../kernel/problem.js';
import { PROBLEM_CATALOG, problemType } from './problem-catalog.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** The body of RFC 9457 for a problem. `instance` is the path of the request, without its query. */
export function toProblemDocument(problem: Problem, instance: string, requestId: string): Record<string, unknown> {
  const { status, title } = PROBLEM_CATALOG[problem.code];
  return {
    type: problemType(problem.code),
    title,
    status,
    detail: problem.explanation,
    instance,
    code: problem.code,
    requestId,
    ...(problem.extras.errors === undefined ? {} : { errors: problem.extras.errors }),
    ...(problem.extras.x === undefined ? {} : { x: problem.extras.x }),
    ...(problem.extras.remedy === undefined ? {} : { remedy: problem.extras.remedy }),
    ...problem.extras.members,
  };
}

/** Without the query: it may hold what is none of a log's business. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
