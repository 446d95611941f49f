import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import type { ProblemCode } from '../kernel/problem-code.js';
import { IDEMPOTENCY_KEY_PATTERN } from './idempotency-key.js';
import { toProblemAnswers } from './problem-answers.js';

export interface OperationDocs {
  summary: string;
  description?: string;
  /** What each part of the path names. */
  path?: Readonly<Record<string, string>>;
  body?: z.ZodType;
  query?: z.ZodType;
  /** `isPage`: HTML for a person’s browser. `isFile`: bytes of any kind. `example` stands in for the schema's own where an answer usually looks different. */
  answers: Readonly<Record<number, { description: string; schema?: z.ZodType; example?: unknown; headers?: Record<string, string>; isPage?: boolean; isFile?: boolean }>>;
  /** The problems of this operation, beyond those that any operation of its kind can have. */
  problems?: readonly ProblemCode[];
  /** Takes `Idempotency-Key`. */
  isIdempotent?: boolean;
  /** Needs no API key. */
  isPublic?: boolean;
}

/** What the docs explorer tells of an operation: every answer that it can give, errors by their codes. */
export function Operation(docs: OperationDocs): MethodDecorator {
  const answers = Object.entries(docs.answers).map(([status, answer]) =>
    ApiResponse({
      status: Number(status),
      description: answer.description,
      ...(answer.schema === undefined ? {} : { standardSchema: answer.schema as never }),
      ...(answer.example === undefined ? {} : { example: answer.example }),
      ...(answer.isPage === true ? { content: { 'text/html': { schema: { type: 'string' } } } } : {}),
      ...(answer.isFile === true ? { content: { '*/*': { schema: { type: 'string', format: 'binary' } } } } : {}),
      ...(answer.headers === undefined ? {} : { headers: toHeaders(answer.headers) }),
    }),
  );
  return applyDecorators(
    ApiOperation({ summary: docs.summary, ...(docs.description === undefined ? {} : { description: docs.description }) }),
    ...Object.entries(docs.path ?? {}).map(([name, description]) => ApiParam({ name, description })),
    ...(docs.isIdempotent
      ? [ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key and body again answer what the first request answered. Kept 7 days.', schema: { type: 'string', pattern: IDEMPOTENCY_KEY_PATTERN.source } })]
      : []),
    ...answers,
    ...toProblemAnswers(problemsOf(docs)).map((answer) => ApiResponse(answer)),
  );
}

function problemsOf(docs: OperationDocs): ProblemCode[] {
  const body: ProblemCode[] = ['request.invalid', 'request.malformed-json', 'request.body-too-large', 'request.unsupported-media-type'];
  const idempotency: ProblemCode[] = [
    'request.idempotency-key-invalid',
    'request.idempotency-key-in-use',
    'request.idempotency-key-reused',
  ];
  return [
    ...(docs.isPublic ? [] : (['access.unauthenticated', 'access.scope-missing', 'access.too-many-requests'] as const)),
    ...(docs.body === undefined ? [] : body),
    ...(docs.query === undefined ? [] : (['request.invalid', 'request.invalid-cursor'] as const)),
    ...(docs.isIdempotent ? idempotency : []),
    ...(docs.problems ?? []),
  ];
}

function toHeaders(headers: Record<string, string>): Record<string, { description: string; schema: { type: 'string' } }> {
  return Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' as const } }]));
}
