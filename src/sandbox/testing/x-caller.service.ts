import { randomUUID } from 'node:crypto';
import { authorizationHeader, type OAuthKeys } from '../oauth/authorization-header.js';
import { SEED_APP, SEED_GRANTS } from '../seeds.js';
import { parseParams, percentEncode } from '../wire/form-params.js';

export interface XCallOptions {
  form?: Readonly<Record<string, string>>;
  json?: unknown;
  /** Instead of the OAuth header. */
  authorization?: string;
  timestamp?: string;
  nonce?: string;
  /** The address that is signed; X's own unless given. */
  signedOrigin?: string;
}

export interface XReply {
  status: number;
  headers: Headers;
  text: string;
  /** X's first error code, if there is one. */
  code: number | null;
}

/** The keys of a seeded brand. */
export function seedKeys(brandId: string): OAuthKeys {
  const grant = SEED_GRANTS.find((one) => one.accountId === brandId);
  if (grant === undefined) throw new Error(`No seeded brand ${brandId}`);
  return {
    consumerKey: SEED_APP.consumerKey,
    consumerSecret: SEED_APP.consumerSecret,
    accessToken: grant.token,
    accessTokenSecret: grant.tokenSecret,
  };
}

/** Calls the sandbox as a brand's client would call X, for the sandbox's own tests. */
export class XCaller {
  constructor(
    private readonly sandboxUrl: string,
    private readonly keys: OAuthKeys,
  ) {}

  async call(method: string, pathAndQuery: string, options: XCallOptions = {}): Promise<XReply> {
    const [path = '', query = ''] = pathAndQuery.split('?');
    const params = [...parseParams(query), ...Object.entries(options.form ?? {})];
    const authorization =
      options.authorization ??
      authorizationHeader(this.keys, {
        method,
        url: `${options.signedOrigin ?? 'https://api.x.com'}${path}`,
        params,
        timestamp: options.timestamp ?? String(Math.floor(Date.now() / 1000)),
        nonce: options.nonce ?? randomUUID(),
      });
    const body = bodyOf(options);
    const response = await fetch(`${this.sandboxUrl}${pathAndQuery}`, {
      method,
      headers: { authorization, ...(body === null ? {} : { 'content-type': body.type }) },
      body: body?.text,
      redirect: 'manual',
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, code: errorCode(text) };
  }

  send(recipientId: string, text: string): Promise<XReply> {
    const event = { type: 'message_create', message_create: { target: { recipient_id: recipientId }, message_data: { text } } };
    return this.call('POST', '/1.1/direct_messages/events/new.json', { json: { event } });
  }
}

function bodyOf({ form, json }: XCallOptions): { type: string; text: string } | null {
  if (json !== undefined) return { type: 'application/json', text: JSON.stringify(json) };
  if (form === undefined) return null;
  const text = Object.entries(form).map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`);
  return { type: 'application/x-www-form-urlencoded', text: text.join('&') };
}

function errorCode(text: string): number | null {
  try {
    const body = JSON.parse(text) as { errors?: { code: number }[] };
    return body.errors?.[0]?.code ?? null;
  } catch {
    return null;
  }
}
