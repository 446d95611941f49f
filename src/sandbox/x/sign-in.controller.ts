import type { Ambient } from '../ambient.service.js';
import type { PeopleService } from '../control/people.service.js';
import { readParams, type Answer } from '../wire/exchange.js';
import { findParam, percentEncode } from '../wire/form-params.js';
import type { App, RequestToken } from '../world/model.js';
import type { World } from '../world/world.service.js';
import { authorizePage, goneTokenPage } from './authorize-page.js';
import { refuse, refuseMissing } from './x-error.js';
import type { XCall, XRoute } from './x-route.js';

/** OAuth 1.0a in three steps: an app asks for a request token, a person says yes to it at X, the app gets access tokens for it, once. */
export class SignInController {
  constructor(
    private readonly world: World,
    private readonly people: PeopleService,
    private readonly ambient: Ambient,
  ) {}

  routes(): XRoute[] {
    const shared = { fault: 'sign-in', family: 'sign-in' } as const;
    return [
      { ...shared, method: 'POST', path: '/oauth/request_token', access: 'sign-in', answer: (call) => this.begin(call) },
      { ...shared, method: 'GET', path: '/oauth/authorize', access: 'none', answer: (call) => this.show(call) },
      { ...shared, method: 'POST', path: '/oauth/authorize', access: 'none', answer: (call) => this.decide(call) },
      { ...shared, method: 'POST', path: '/oauth/access_token', access: 'sign-in', answer: (call) => this.exchange(call) },
    ];
  }

  private begin(call: XCall): Answer {
    const app = appOf(call);
    const callbackUrl = findParam(readParams(call.request), 'oauth_callback') ?? refuseMissing('oauth_callback');
    if (app.callbackUrls !== null && !app.callbackUrls.includes(callbackUrl)) refuse('callbackNotApproved');
    const made: RequestToken = { appId: app.id, token: this.random(), secret: this.random(), callbackUrl, authorized: null };
    this.world.requestTokens.set(made.token, made);
    return formAnswer({ oauth_token: made.token, oauth_token_secret: made.secret, oauth_callback_confirmed: 'true' });
  }

  private show({ request }: XCall): Answer {
    const found = this.world.requestTokens.get(findParam(request.query, 'oauth_token') ?? '');
    const app = found === undefined ? undefined : this.world.apps.get(found.appId);
    if (found === undefined || app === undefined || found.authorized !== null) return htmlAnswer(401, goneTokenPage());
    const brands = [...this.world.accounts.values()].filter(({ role }) => role === 'brand');
    return htmlAnswer(200, authorizePage(app, found.token, brands));
  }

  private decide({ request }: XCall): Answer {
    const found = this.world.requestTokens.get(findParam(request.form, 'oauth_token') ?? '');
    if (found === undefined || found.authorized !== null) return htmlAnswer(401, goneTokenPage());
    if (findParam(request.form, 'deny') !== null) {
      this.world.requestTokens.delete(found.token);
      return redirect(found.callbackUrl, { denied: found.token });
    }
    const account = this.world.accounts.get(findParam(request.form, 'account') ?? '') ?? refuse('noSuchUser');
    found.authorized = { accountId: account.id, verifier: this.random() };
    return redirect(found.callbackUrl, { oauth_token: found.token, oauth_verifier: found.authorized.verifier });
  }

  private exchange(call: XCall): Answer {
    const found = call.caller.kind === 'sign-in' ? call.caller.requestToken : null;
    const verifier = findParam(readParams(call.request), 'oauth_verifier');
    if (found === null || found.authorized === null || found.authorized.verifier !== verifier) refuse('couldNotAuthenticate');
    this.world.requestTokens.delete(found.token);
    const grant = this.people.authorize(found.authorized.accountId, { appId: found.appId });
    const { screenName } = this.people.getAccount(grant.accountId);
    return formAnswer({ oauth_token: grant.token, oauth_token_secret: grant.tokenSecret, user_id: grant.accountId, screen_name: screenName });
  }

  private random(): string {
    return this.ambient.randomBytes(20).toString('base64url');
  }
}

function appOf({ caller }: XCall): App {
  return caller.kind === 'sign-in' && caller.requestToken === null ? caller.app : refuse('badAuthenticationData');
}

function formAnswer(fields: Record<string, string>): Answer {
  const body = Object.entries(fields).map(([name, value]) => `${name}=${percentEncode(value)}`);
  return { status: 200, headers: { 'content-type': 'text/html;charset=utf-8' }, body: body.join('&') };
}

function htmlAnswer(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

function redirect(url: string, params: Record<string, string>): Answer {
  const to = new URL(url);
  for (const [name, value] of Object.entries(params)) to.searchParams.set(name, value);
  return { status: 302, headers: { location: to.href, 'cache-control': 'no-store' }, body: '' };
}
