import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';

type App = Pick<XCredentials, 'consumerKey' | 'consumerSecret'>;

/** X's promise to exchange it for access tokens, once, after a person has said yes. The secret is one. */
export interface RequestToken {
  token: string;
  secret: string;
}

/** OAuth 1.0a with a person in the middle: they say at X which account an app may act for. */
@Injectable()
export class SignIn {
  constructor(
    private readonly x: XClient,
    @InjectSettings('x') private readonly settings: Settings['x'],
  ) {}

  /** `callbackUrl` must be one of those in the app's settings at X. @throws XFailure, with code 415 when it is not */
  async begin(app: App, callbackUrl: string): Promise<RequestToken> {
    const link = await this.x.asSigningIn(app, null, (client) => client.generateAuthLink(callbackUrl, { linkMode: 'authorize' }));
    return { token: link.oauth_token, secret: link.oauth_token_secret };
  }

  /** Where the person says yes. Not `authenticate`, which X may skip: here the right account is chosen each time. */
  addressFor(token: string): string {
    return `${this.settings.apiUrl}/oauth/authorize?oauth_token=${encodeURIComponent(token)}`;
  }

  /** The tokens of the account whose person said yes. @throws XFailure when X does not take the verifier, or has given them already */
  async finish(app: App, { token, secret }: RequestToken, verifier: string): Promise<XCredentials> {
    const { accessToken, accessSecret } = await this.x.asSigningIn(app, { token, secret }, (client) => client.login(verifier));
    return { ...app, accessToken, accessTokenSecret: accessSecret };
  }
}
