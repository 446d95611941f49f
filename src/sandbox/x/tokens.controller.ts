import { isSameText } from '../oauth/oauth-signature.js';
import { jsonAnswer, readParams, type Answer } from '../wire/exchange.js';
import { findParam } from '../wire/form-params.js';
import { writeJson } from '../wire/json-text.js';
import type { World } from '../world/world.service.js';
import { refuse } from './x-error.js';
import type { XCall, XRoute } from './x-route.js';

/** Application-only authentication. */
export class TokensController {
  constructor(private readonly world: World) {}

  routes(): XRoute[] {
    return [{ method: 'POST', path: '/oauth2/token', fault: 'token', family: 'token', access: 'none', answer: (call) => this.issue(call) }];
  }

  private issue({ request, caller }: XCall): Answer {
    if (caller.kind !== 'basic') refuse('unableToVerifyCredentials');
    const app = this.world.findAppByKey(caller.consumerKey);
    if (app === null || !isSameText(app.consumerSecret, caller.consumerSecret)) refuse('unableToVerifyCredentials');
    if (findParam(readParams(request), 'grant_type') !== 'client_credentials') {
      const error = { code: 170, message: 'Missing required parameter: grant_type', label: 'forbidden_missing_parameter' };
      return jsonAnswer(403, writeJson({ errors: [error] }));
    }
    return jsonAnswer(200, writeJson({ token_type: 'bearer', access_token: app.bearerToken }));
  }
}
