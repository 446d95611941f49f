import type { Ambient } from '../ambient.service.js';
import type { ReceivedRequest } from '../wire/exchange.js';
import { percentDecode } from '../wire/form-params.js';
import type { App } from '../world/model.js';
import type { World } from '../world/world.service.js';
import { refuse } from '../x/x-error.js';
import type { Caller } from './caller.js';
import { NonceBook, TIMESTAMP_TOLERANCE_MS } from './nonce-book.js';
import { isSameText, parseOAuthHeader, signatureBaseString, signBaseString, type OAuthFields } from './oauth-signature.js';

/** The hosts whose signatures hold here: a client that sends X's bytes to the sandbox signs for X. */
const X_ORIGINS = ['https://api.x.com', 'https://api.twitter.com', 'https://upload.x.com', 'https://upload.twitter.com', 'https://ton.twitter.com'];

/** Checks OAuth 1.0a signatures and bearer tokens, and refuses as X does. */
export class Authentication {
  private readonly nonces = new NonceBook();

  constructor(
    private readonly world: World,
    private readonly ambient: Ambient,
  ) {}

  authenticate(request: ReceivedRequest): Caller {
    const header = request.headers.authorization;
    if (header === undefined) return { kind: 'none' };
    const bearer = /^Bearer\s+(.+)$/i.exec(header)?.[1];
    if (bearer !== undefined) {
      return { kind: 'app', app: this.world.findAppByBearer(bearer) ?? refuse('invalidToken') };
    }
    const basic = /^Basic\s+(.+)$/i.exec(header)?.[1];
    if (basic !== undefined) return readBasic(basic);
    return this.authenticateUser(request, parseOAuthHeader(header) ?? refuse('badAuthenticationData'));
  }

  private authenticateUser(request: ReceivedRequest, fields: OAuthFields): Caller {
    const app = this.world.findAppByKey(fields.consumerKey) ?? refuse('couldNotAuthenticate');
    if (fields.signatureMethod !== 'HMAC-SHA1') refuse('couldNotAuthenticate');
    this.checkTimestamp(fields.timestamp);
    const requestToken = this.world.requestTokens.get(fields.token ?? '') ?? null;
    if (fields.token === null || requestToken !== null) {
      if (requestToken !== null && requestToken.appId !== app.id) refuse('invalidToken');
      this.checkSignature(request, fields, app, requestToken?.secret ?? '');
      return { kind: 'sign-in', app, requestToken };
    }
    const grant = this.world.grants.get(fields.token);
    const account = grant === undefined ? undefined : this.world.accounts.get(grant.accountId);
    if (grant === undefined || account === undefined || grant.isRevoked || grant.appId !== app.id) refuse('invalidToken');
    this.checkSignature(request, fields, app, grant.tokenSecret);
    return { kind: 'user', app, grant, account };
  }

  private checkSignature(request: ReceivedRequest, fields: OAuthFields, app: App, tokenSecret: string): void {
    if (!isSignedBy(request, fields, app, tokenSecret)) refuse('couldNotAuthenticate');
    const nonceKey = [fields.consumerKey, fields.token ?? '', fields.timestamp, fields.nonce].join(' ');
    if (!this.nonces.use(nonceKey, this.ambient.signingNow())) refuse('couldNotAuthenticate');
  }

  private checkTimestamp(timestamp: string): void {
    const offMs = Math.abs(Number(timestamp) * 1000 - this.ambient.signingNow());
    if (!/^\d+$/.test(timestamp) || offMs > TIMESTAMP_TOLERANCE_MS) refuse('timestampOutOfBounds');
  }
}

/** Key and secret are percent-encoded before they are joined. */
function readBasic(credentials: string): Caller {
  const [consumerKey = '', ...rest] = Buffer.from(credentials, 'base64').toString('utf8').split(':');
  return { kind: 'basic', consumerKey: percentDecode(consumerKey), consumerSecret: percentDecode(rest.join(':')) };
}

function isSignedBy(request: ReceivedRequest, fields: OAuthFields, app: App, tokenSecret: string): boolean {
  // What stands in the header and in the form alike (`oauth_token` of a sign-in) clients sign once.
  const inHeader = (pair: readonly [string, string]): boolean => fields.signed.some(([name, value]) => name === pair[0] && value === pair[1]);
  const params = [...fields.signed, ...request.query, ...request.form.filter((pair) => !inHeader(pair))];
  return [...X_ORIGINS, `http://${request.headers.host ?? ''}`].some((origin) => {
    const baseString = signatureBaseString(request.method, `${origin}${request.path}`, params);
    return isSameText(signBaseString(baseString, app.consumerSecret, tokenSecret), fields.signature);
  });
}
