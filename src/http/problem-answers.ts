import type { ProblemCode } from '../kernel/problem-code.js';
import { PROBLEM_CATALOG, problemType } from './problem-catalog.js';

/** An answer of the OpenAPI document, told by the problems that it can hold. */
export interface ProblemAnswer {
  status: number;
  description: string;
  content: { 'application/problem+json': { schema: { $ref: string }; examples: Record<string, { summary: string; value: unknown }> } };
}

/** One answer for each status, in their order. A code that is named twice is told once. */
export function toProblemAnswers(codes: readonly ProblemCode[]): ProblemAnswer[] {
  const statuses = [...new Set(codes.map((code) => PROBLEM_CATALOG[code].status))].sort((a, b) => a - b);
  return statuses.map((status) => {
    const own = [...new Set(codes.filter((code) => PROBLEM_CATALOG[code].status === status))];
    return {
      status,
      description: own.map((code) => `\`${code}\`: ${PROBLEM_CATALOG[code].title}.`).join(' '),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(own.map((code) => [code, { summary: PROBLEM_CATALOG[code].title, value: problemExample(code) }])),
        },
      },
    };
  });
}

interface DocumentedOperation {
  requestBody?: unknown;
  responses: Record<string, unknown>;
}

/**
 * Adds what follows from an operation's address and method alone: an address may hold what is no text, and a body is read before
 * anything asks whether it is wanted.
 */
export function addCommonAnswers(path: string, method: string, operation: DocumentedOperation): void {
  const codes: ProblemCode[] = [
    // All others ask the database.
    ...(path === '/health/live' ? [] : (['service.unavailable'] as const)),
    ...(path.includes('{') ? (['request.invalid'] as const) : []),
    ...(method === 'get' || operation.requestBody !== undefined
      ? []
      : (['request.malformed-json', 'request.body-too-large', 'request.unsupported-media-type'] as const)),
  ];
  for (const { status } of toProblemAnswers(codes)) {
    const told = (operation.responses[status] as Partial<ProblemAnswer> | undefined)?.content?.['application/problem+json'].examples ?? {};
    const all = [...(Object.keys(told) as ProblemCode[]), ...codes.filter((code) => PROBLEM_CATALOG[code].status === status)];
    const [{ status: _status, ...answer } = {}] = toProblemAnswers(all);
    operation.responses[status] = answer;
  }
}

function problemExample(code: ProblemCode): Record<string, unknown> {
  const { status, title } = PROBLEM_CATALOG[code];
  return { type: problemType(code), title, status, detail: `${title}.`, instance: '/v1/…', code, requestId: 'req_317266a93dc22d3316d1187c' };
}
