import type { FaultRoute } from '../control/fault.js';
import type { Caller } from '../oauth/caller.js';
import type { Answer, ReceivedRequest } from '../wire/exchange.js';
import type { PathParams } from '../wire/route-table.js';
import type { Account, App, Grant } from '../world/model.js';
import { refuse, type XErrorName } from './x-error.js';

/** The calls that X counts together in one 15-minute window. */
export type RateFamily =
  | 'token'
  | 'sign-in'
  | 'verify'
  | 'settings'
  | 'webhooks'
  | 'webhooks-v2'
  | 'subscriptions'
  | 'subscription-lists'
  | 'send'
  | 'send-v2'
  | 'list'
  | 'dm-events'
  | 'show'
  | 'typing'
  | 'welcome-messages'
  | 'read'
  | 'media'
  | 'upload'
  | 'users'
  | 'friendships';

/** Who may call: an account's tokens, an app that signs in an account, the app's bearer token, a user's or an app's, or anyone. */
export type Access = 'user' | 'sign-in' | 'direct-messages' | 'app' | 'user-or-app' | 'none';

export interface XCall {
  request: ReceivedRequest;
  params: PathParams;
  caller: Caller;
}

export interface XRoute {
  method: string;
  path: string;
  fault: FaultRoute;
  family: RateFamily;
  access: Access;
  /** What the wrong kind of authentication is refused with. */
  wrongAccess?: XErrorName;
  answer: (call: XCall) => Answer | Promise<Answer>;
}

export interface UserCaller {
  app: App;
  grant: Grant;
  account: Account;
}

export function userOf(call: XCall): UserCaller {
  return call.caller.kind === 'user' ? call.caller : refuse('couldNotAuthenticate');
}

export function appOf(call: XCall): App {
  return call.caller.kind === 'user' || call.caller.kind === 'app' ? call.caller.app : refuse('couldNotAuthenticate');
}

/** A part of the path that the route's pattern guarantees. */
export function pathParam(call: XCall, name: string): string {
  return call.params[name] ?? refuse('noSuchPage');
}
