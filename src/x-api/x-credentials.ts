/** The four strings with which X lets us act as one account. All secret. */
export interface XCredentials {
  consumerKey: string;
  consumerSecret: string;
  accessToken: string;
  accessTokenSecret: string;
}

/** What the app has for OAuth 2.0, where it has. Both are the app's; with the secret X signs its events a second time. */
export interface XClientCredentials {
  clientId: string;
  clientSecret: string;
}

/** X's `x-access-level`: frozen when the account authorised the app, whatever the app is allowed later. */
export type AccessLevel = 'read' | 'read-write' | 'read-write-directmessages' | 'unknown';

/** Whose tokens they are. */
export interface XAccount {
  id: string;
  username: string;
  name: string;
  accessLevel: AccessLevel;
}

export interface XUser {
  id: string;
  username: string;
  name: string;
}
