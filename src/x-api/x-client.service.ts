import { Injectable } from '@nestjs/common';
import {
  ApiPartialResponseError,
  ApiRequestError,
  ApiResponseError,
  type ITwitterApiClientPlugin,
  TwitterApi,
  type TwitterResponse,
} from 'twitter-api-v2';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { XConnection } from './x-connection.service.js';
import type { XCredentials } from './x-credentials.js';
import { readErrorBody, readProblemType, XFailure } from './x-failure.js';
import { readLimits } from './x-limits.js';

/**
 * Makes one signed call to X. The answer's status decides; nothing is tried again, no redirect is followed,
 * and the whole call, answer included, ends within `x.timeoutMs`.
 */
@Injectable()
export class XClient {
  private readonly bearers = new Map<string, Promise<string>>();

  constructor(
    private readonly connection: XConnection,
    @InjectSettings('x') private readonly settings: Settings['x'],
  ) {}

  /** Signed with OAuth 1.0a as the account. Given up as `not-sent` when it is not `isInTime` at its first byte. @throws XFailure */
  asAccount<T>(credentials: XCredentials, call: (client: TwitterApi) => Promise<TwitterResponse<T>>, isInTime = always): Promise<TwitterResponse<T>> {
    const client = new TwitterApi(
      {
        appKey: credentials.consumerKey,
        appSecret: credentials.consumerSecret,
        accessToken: credentials.accessToken,
        accessSecret: credentials.accessTokenSecret,
      },
      this.options(isInTime),
    );
    return this.attempt(() => call(client));
  }

  /** The headers of a GET that is signed as the account. The library signs, and does not stream: it is kept from making the call. */
  async signGet({ consumerKey, consumerSecret, accessToken, accessTokenSecret }: XCredentials, url: URL): Promise<Record<string, string>> {
    const signed = new Map<string, string>();
    const capture: ITwitterApiClientPlugin = {
      onBeforeRequest: ({ requestOptions }) => {
        signed.set('authorization', (requestOptions.headers as Record<string, string> | undefined)?.['Authorization'] ?? '');
        throw new XFailure('not-sent', { status: null, code: null, detail: 'The call was only signed.' });
      },
    };
    const client = new TwitterApi({ appKey: consumerKey, appSecret: consumerSecret, accessToken, accessSecret: accessTokenSecret }, { plugins: [capture] });
    await client.v1.get(url.pathname.slice(1), Object.fromEntries(url.searchParams), { prefix: `${url.origin}/` }).catch(() => undefined);
    return Object.fromEntries(signed);
  }

  /** As the app, before an account has said yes (`requestToken` null) or to fetch what it said yes to. @throws XFailure */
  asSigningIn<T>(
    { consumerKey, consumerSecret }: Pick<XCredentials, 'consumerKey' | 'consumerSecret'>,
    requestToken: { token: string; secret: string } | null,
    call: (client: TwitterApi) => Promise<T>,
  ): Promise<T> {
    const tokens = requestToken === null ? {} : { accessToken: requestToken.token, accessSecret: requestToken.secret };
    return this.attempt(() => call(new TwitterApi({ appKey: consumerKey, appSecret: consumerSecret, ...tokens }, this.options())));
  }

  /** As the app itself, with a bearer token that is asked for once and again after X refuses it. @throws XFailure */
  async asApp<T>(credentials: XCredentials, call: (client: TwitterApi) => Promise<TwitterResponse<T>>): Promise<TwitterResponse<T>> {
    const key = `${credentials.consumerKey}\n${credentials.consumerSecret}`;
    const pending = this.bearers.get(key) ?? this.fetchBearer(credentials);
    this.bearers.set(key, pending);
    try {
      const bearer = await pending;
      return await this.attempt(() => call(new TwitterApi(bearer, this.options())));
    } catch (error) {
      // Whatever went wrong, a fresh token costs one call; a refused one that is kept would fail for ever.
      this.bearers.delete(key);
      throw error;
    }
  }

  private async fetchBearer(credentials: XCredentials): Promise<string> {
    const app = new TwitterApi({ appKey: credentials.consumerKey, appSecret: credentials.consumerSecret }, this.options());
    const login = await this.attempt(() => app.appLogin());
    const tokens = login.getActiveTokens();
    if (tokens.type !== 'oauth2') {
      throw new XFailure('answered', { status: 200, code: null, detail: 'X answered the request for an app token without one.' });
    }
    return tokens.bearerToken;
  }

  private options(isInTime = always): { httpAgent: XConnection['agent']; plugins: ITwitterApiClientPlugin[] } {
    const deadline: ITwitterApiClientPlugin = {
      onBeforeRequest: ({ requestOptions }) => {
        if (!isInTime()) {
          throw new XFailure('not-sent', { status: null, code: null, detail: 'The call was given up before it began: its time was over.' });
        }
        // The library's own time-out only watches for silence; a body that drips would pass it.
        requestOptions.signal = AbortSignal.timeout(this.settings.timeoutMs);
      },
      onAfterRequest: ({ response }) => {
        // Anything below 400 comes here as success, a redirect too.
        if (response.headers['location'] !== undefined) {
          throw new XFailure('answered', { status: null, code: null, detail: 'X answered with a redirect.' });
        }
      },
    };
    return { httpAgent: this.connection.agent, plugins: [deadline] };
  }

  private async attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw this.toXFailure(error);
    }
  }

  private toXFailure(error: unknown): unknown {
    if (error instanceof ApiResponseError) {
      const answer = { status: error.code, ...readErrorBody(error.data) };
      return new XFailure('answered', answer, readLimits(error.headers), readProblemType(error.data));
    }
    if (error instanceof ApiPartialResponseError) {
      const status = (error.response as { statusCode?: number } | undefined)?.statusCode ?? null;
      return new XFailure('maybe-sent', { status, code: null, detail: 'X’s answer could not be read to its end.' });
    }
    return error instanceof ApiRequestError ? this.networkFailure(error) : error;
  }

  private networkFailure(error: ApiRequestError): XFailure {
    const { code, name } = networkCause(error);
    // A call that still waited for a connection has none.
    const hasStood = this.connection.hasStood(error.request.socket);
    const detail = hasStood ? `The connection to X ended before its answer (${code ?? name}).` : `X could not be reached (${code ?? name}).`;
    return new XFailure(hasStood ? 'maybe-sent' : 'not-sent', { status: null, code: null, detail });
  }
}

const always = (): boolean => true;

/** The library promises `requestError` and does not set it; the cause stands in its private options. */
function networkCause(error: ApiRequestError): NodeJS.ErrnoException {
  const held = error as unknown as { requestError?: Error; _options?: { error?: Error } };
  return (held.requestError ?? held._options?.error ?? error);
}
