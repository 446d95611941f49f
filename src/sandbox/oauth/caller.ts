import type { Account, App, Grant, RequestToken } from '../world/model.js';

/** Who calls: an app for one of its accounts, an app for a sign-in, an app for itself, one that shows key and secret (not checked yet), or nobody. */
export type Caller =
  | { kind: 'user'; app: App; grant: Grant; account: Account }
  | { kind: 'sign-in'; app: App; requestToken: RequestToken | null }
  | { kind: 'app'; app: App }
  | { kind: 'basic'; consumerKey: string; consumerSecret: string }
  | { kind: 'none' };
