/** The four strings with which X lets us act as one account. All secret. */
export interface XCredentials {
  consumerKey: string;
  consumerSecret: string;
  accessToken: string;
  accessTokenSecret: string;
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
