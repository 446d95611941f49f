import { percentEncode, type Params } from '../wire/form-params.js';
import { signatureBaseString, signBaseString } from './oauth-signature.js';

export interface OAuthKeys {
  consumerKey: string;
  consumerSecret: string;
  accessToken: string;
  accessTokenSecret: string;
}

/** What one request signs besides the keys. `params` are those of the query and of a form body. */
export interface SignedParts {
  method: string;
  /** Without the query. */
  url: string;
  params: Params;
  timestamp: string;
  nonce: string;
}

/** The client's half of OAuth 1.0a. */
export function authorizationHeader(keys: OAuthKeys, { method, url, params, timestamp, nonce }: SignedParts): string {
  const fields: Params = [
    ['oauth_consumer_key', keys.consumerKey],
    ['oauth_nonce', nonce],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', timestamp],
    ['oauth_token', keys.accessToken],
    ['oauth_version', '1.0'],
  ];
  const baseString = signatureBaseString(method, url, [...fields, ...params]);
  const signature = signBaseString(baseString, keys.consumerSecret, keys.accessTokenSecret);
  const written = [...fields, ['oauth_signature', signature] as const].map(([name, value]) => `${name}="${percentEncode(value)}"`);
  return `OAuth ${written.join(', ')}`;
}
