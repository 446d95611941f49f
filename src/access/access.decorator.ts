import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './caller.js';
import type { Scope } from './scopes.js';

export const REQUIRED_SCOPE = 'access:scope';
export const PUBLIC = 'access:public';

export type RequestWithCaller = FastifyRequest & { caller?: Caller };

/** The scope that a key needs for this operation. An operation with neither this nor `Public` is refused to everybody. */
export const RequiresScope = (scope: Scope) => SetMetadata(REQUIRED_SCOPE, scope);

/** An operation that needs no API key: X's webhook, which is signed, and health. */
export const Public = () => SetMetadata(PUBLIC, true);

/** Whom the request speaks for. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<RequestWithCaller>();
  if (caller === undefined) {
    throw new Error('CurrentCaller is used on an operation without RequiresScope');
  }
  return caller;
});
