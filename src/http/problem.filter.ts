import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isRolledBack } from '../database/constraint-violation.service.js';
import { isDatabaseAway } from '../database/database-away.service.js';
import { SECOND_MS } from '../kernel/duration.js';
import { Problem } from '../kernel/problem.js';
import type { ProblemCode } from '../kernel/problem-code.js';
import { Log } from '../runtime/log.service.js';
import { PROBLEM_CATALOG } from './problem-catalog.js';
import { pathOf, PROBLEM_MEDIA_TYPE, toProblemDocument } from './problem-document.js';
import { allowedMethods, type Route } from './route-table.js';

/** How long a caller waits for a database that is away. */
const DATABASE_RETRY_MS = 2 * SECOND_MS;

// What Fastify and Nest raise before a handler runs.
const CODE_BY_FASTIFY_ERROR: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request.body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request.unsupported-media-type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'request.malformed-json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'request.malformed-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request.malformed-json',
};

/** Every error of this service leaves through here, as `application/problem+json`: no stack trace, no secret. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    private readonly routes: readonly Route[],
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) {
      return;
    }
    const problem = this.toProblem(error, request);
    const { status } = PROBLEM_CATALOG[problem.code];
    if (status >= 500 && problem.code !== 'x.unavailable') {
      this.log.error('A request failed', { code: problem.code, path: pathOf(request.url) }, problem.extras.cause ?? error);
    }
    if (problem.code === 'request.method-not-allowed') {
      void reply.header('allow', allowedMethods(this.routes, pathOf(request.url)).join(', '));
    }
    if (problem.code === 'access.unauthenticated') {
      void reply.header('www-authenticate', 'Bearer');
    }
    if (problem.extras.retryAfterMs !== undefined) {
      void reply.header('retry-after', Math.max(1, Math.ceil(problem.extras.retryAfterMs / 1_000)));
    }
    if (!request.raw.complete) {
      // Nobody reads the rest of what is coming.
      void reply.header('connection', 'close');
    }
    void reply
      .status(status)
      .header('content-type', PROBLEM_MEDIA_TYPE)
      .send(JSON.stringify(toProblemDocument(problem, pathOf(request.url), request.id)));
  }

  private toProblem(error: unknown, request: FastifyRequest): Problem {
    if (error instanceof Problem) {
      return error;
    }
    if (error instanceof NotFoundException) {
      const allowed = allowedMethods(this.routes, pathOf(request.url));
      return allowed.length === 0 || allowed.includes(request.method)
        ? new Problem('request.not-found', 'No operation of this service has this address.')
        : new Problem('request.method-not-allowed', `Use ${allowed.join(' or ')} here.`);
    }
    if (isDatabaseAway(error) || isRolledBack(error)) {
      return new Problem('service.unavailable', 'The database cannot be used at the moment. Try again with the same Idempotency-Key, if there is one.', {
        retryAfterMs: DATABASE_RETRY_MS,
        cause: error,
      });
    }
    // Nest wraps what Fastify raises.
    const raised = error instanceof HttpException ? (error.cause ?? error) : error;
    const fastifyCode = (raised as { code?: unknown } | null)?.code;
    const known = typeof fastifyCode === 'string' ? CODE_BY_FASTIFY_ERROR[fastifyCode] : undefined;
    if (known !== undefined) {
      return new Problem(known, DETAILS[known] ?? 'The request could not be read.', { cause: error });
    }
    if (statusOf(error) === 400) {
      return new Problem('request.invalid', 'The request could not be read.', { cause: error });
    }
    return new Problem('service.internal', 'The request was not carried out. The log has more under this request id.', {
      cause: error,
    });
  }
}

const DETAILS: Readonly<Partial<Record<ProblemCode, string>>> = {
  'request.body-too-large': 'The body is larger than this service reads.',
  'request.unsupported-media-type': 'Send the body as application/json in UTF-8, not compressed.',
  'request.malformed-json': 'The body is empty, cut short, not UTF-8, not JSON, or has a field named like a prototype.',
};

function statusOf(error: unknown): number | undefined {
  return error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number } | null)?.statusCode;
}
