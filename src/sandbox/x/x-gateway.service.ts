import type { Ambient } from '../ambient.service.js';
import type { FaultBook } from '../control/fault-book.service.js';
import type { Authentication } from '../oauth/authentication.service.js';
import type { Caller } from '../oauth/caller.js';
import { readJson, readParams, type Answer, type ReceivedRequest, type Transmission } from '../wire/exchange.js';
import { findParam } from '../wire/form-params.js';
import { RouteTable, type PathParams } from '../wire/route-table.js';
import type { Ledger, RequestRecord } from '../world/ledger.service.js';
import { afterFault, beforeFault } from './answer-fault.service.js';
import { rateHeaders, type RateLimits } from './rate-limits.service.js';
import { errorAnswer, refuse, X_ERRORS, XRefusal } from './x-error.js';
import type { XCall, XRoute } from './x-route.js';

/**
 * Every call to X passes here, in this order: fault that strikes before, authentication, access, window, the endpoint,
 * fault that strikes after. A fault of the second sort strikes only a call that the endpoint accepted.
 */
export class XGateway {
  private readonly routes: RouteTable<XRoute>;

  constructor(
    routes: readonly XRoute[],
    private readonly authentication: Authentication,
    private readonly limits: RateLimits,
    private readonly faults: FaultBook,
    private readonly ledger: Ledger,
    private readonly ambient: Ambient,
  ) {
    this.routes = new RouteTable(routes.map((route) => ({ method: route.method, path: route.path, handler: route })));
  }

  async respond(request: ReceivedRequest): Promise<Transmission> {
    const record: RequestRecord = {
      method: request.method,
      path: request.path,
      host: request.headers.host ?? '',
      body: request.rawBody.toString('utf8'),
      account: null,
      status: null,
      fault: null,
      at: this.ambient.now(),
    };
    this.ledger.addRequest(record);
    const transmission = await this.answer(request, record);
    if (transmission.kind === 'answer') record.status = transmission.answer.status;
    return transmission;
  }

  private async answer(request: ReceivedRequest, record: RequestRecord): Promise<Transmission> {
    const match = this.routes.find(request.method, request.path);
    if (match === null) return { kind: 'answer', answer: errorAnswer(X_ERRORS.noSuchPage) };
    const fault = this.faults.take(match.handler.fault, participantOf(request));
    record.fault = fault?.kind ?? null;
    const early = fault === null ? null : await beforeFault(fault, this.ambient);
    if (early !== null) return early;
    const answer = await this.callEndpoint(match.handler, match.params, request, record);
    return fault === null || answer.status >= 400 ? { kind: 'answer', answer } : afterFault(fault, answer);
  }

  private async callEndpoint(route: XRoute, params: PathParams, request: ReceivedRequest, record: RequestRecord): Promise<Answer> {
    try {
      const caller = this.authentication.authenticate(request);
      record.account = caller.kind === 'user' ? caller.account.id : null;
      return await this.callWithin(route, { request, params, caller });
    } catch (error) {
      if (error instanceof XRefusal) return errorAnswer(error.entry);
      throw error;
    }
  }

  /** Everything that X counts, and so what carries the rate headers, a refusal by the endpoint included. */
  private async callWithin(route: XRoute, call: XCall): Promise<Answer> {
    if (route.access !== 'none' && (call.caller.kind === 'none' || call.caller.kind === 'basic')) refuse('badAuthenticationData');
    const now = this.ambient.now();
    const window = this.limits.window(route.family, callerKey(call.caller));
    const hasPlace = window.take(now);
    const headers = { ...rateHeaders('x-rate-limit', window.view(now)), ...accessLevelHeader(call.caller) };
    const answer = await (hasPlace ? endpointAnswer(route, call) : errorAnswer(X_ERRORS.rateLimited));
    return { ...answer, headers: { ...answer.headers, ...headers, ...this.dailyHeaders(route, call.caller) } };
  }

  private dailyHeaders(route: XRoute, caller: Caller): Record<string, string> {
    if ((route.family !== 'send' && route.family !== 'send-v2') || caller.kind !== 'user') return {};
    return this.limits.dailyHeaders(route.family, caller.account.id, caller.app.id, this.ambient.now());
  }
}

async function endpointAnswer(route: XRoute, call: XCall): Promise<Answer> {
  try {
    checkAccess(route, call.caller);
    return await route.answer(call);
  } catch (error) {
    if (error instanceof XRefusal) return errorAnswer(error.entry);
    throw error;
  }
}

function checkAccess(route: XRoute, caller: Caller): void {
  if (route.access === 'none') return;
  if ((caller.kind === 'sign-in') !== (route.access === 'sign-in')) refuse('badAuthenticationData');
  if (route.access === 'sign-in') return;
  const isRightKind = route.access === 'user-or-app' || (caller.kind === 'app') === (route.access === 'app');
  if (!isRightKind) refuse(route.wrongAccess ?? (route.access === 'app' ? 'couldNotAuthenticate' : 'credentialsNotAllowedHere'));
  if (route.access === 'direct-messages' && caller.kind === 'user' && caller.grant.accessLevel !== 'read-write-directmessages') {
    refuse('noDirectMessagePermission');
  }
}

function callerKey(caller: Caller): string {
  if (caller.kind === 'user') return `${caller.app.id}:${caller.account.id}`;
  return caller.kind === 'app' || caller.kind === 'sign-in' ? caller.app.id : '-';
}

function accessLevelHeader(caller: Caller): Record<string, string> {
  return caller.kind === 'user' ? { 'x-access-level': caller.grant.accessLevel } : {};
}

/** The participant a call is about, for faults that name one. */
function participantOf(request: ReceivedRequest): string | null {
  const params = readParams(request);
  const named = findParam(params, 'recipient_id') ?? findParam(params, 'target_id') ?? findParam(params, 'user_id');
  const inPath = /^\/2\/dm_conversations\/with\/(\d+)\//.exec(request.path)?.[1];
  return named ?? inPath ?? /"recipient_id"\s*:\s*"(\d+)"/.exec(JSON.stringify(readJson(request) ?? null))?.[1] ?? null;
}
