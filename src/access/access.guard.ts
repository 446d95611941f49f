import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Problem } from '../kernel/problem.js';
import { PUBLIC, REQUIRED_SCOPE, type RequestWithCaller } from './access.decorator.js';
import type { FastifyReply } from 'fastify';
import { RequestContexts } from '../runtime/request-context.service.js';
import { RequestRates } from './request-rates.service.js';
import { ApiKeys } from './api-keys.service.js';
import type { Scope } from './scopes.js';

/** Lets a request through when its key is right and has the operation's scope. Denies what says nothing. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeys,
    private readonly rates: RequestRates,
    private readonly contexts: RequestContexts,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets)) {
      return true;
    }
    const request = context.switchToHttp().getRequest<RequestWithCaller>();
    const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const caller = key === undefined ? null : await this.keys.authenticate(key);
    if (caller === null) {
      this.rates.takeWrongKey(request.ip);
      throw new Problem(
        'access.unauthenticated',
        key === undefined
          ? 'Send an API key: `Authorization: Bearer <api key>`.'
          : 'The API key is unknown, wrong, expired or revoked.',
      );
    }
    const rate = this.rates.take(caller.keyId);
    if (rate !== null) {
      void context.switchToHttp().getResponse<FastifyReply>().header('ratelimit-policy', rate.policy).header('ratelimit', rate.limit);
    }
    const scope = this.reflector.getAllAndOverride<Scope | undefined>(REQUIRED_SCOPE, targets);
    if (scope === undefined || !caller.scopes.includes(scope)) {
      throw new Problem('access.scope-missing', `This needs a key with the scope ${scope ?? '(none can have)'}.`);
    }
    request.caller = caller;
    const running = this.contexts.current();
    if (running !== undefined) {
      running.actor = { keyId: caller.keyId, team: caller.team };
    }
    return true;
  }
}
