import type { XCredentials } from './x-credentials.js';

/** A webhook as X lists it. `isValid: false` means that X sends nothing to it until it is re-validated. */
export interface XWebhook {
  id: string;
  url: string;
  isValid: boolean;
}

/** A dev environment of an app: its label, exactly as written at X, and its webhooks (X allows one). */
export interface XEnvironment {
  name: string;
  webhooks: XWebhook[];
}

/** Who is subscribed in one environment. */
export interface XSubscriptions {
  /** The app's numeric id at X, by which our own sends are known in X's echoes; null when X does not tell. */
  appId: string | null;
  accountIds: string[];
}

/**
 * What we ask of one generation of X's event delivery (Account Activity premium, enterprise, v2, X Activity).
 * Every call throws `XFailure`. `environmentName` is the dev environment label, exactly as written at X.
 */
export abstract class EventsApi {
  /** All environments that X knows of the app, with one call. */
  abstract listEnvironments(credentials: XCredentials): Promise<XEnvironment[]>;
  /** Registers `url`. X calls it with a challenge before it answers, so the route must answer already. */
  abstract registerWebhook(credentials: XCredentials, environmentName: string, url: string): Promise<XWebhook>;
  /** Makes X send a challenge now; a webhook that answers rightly is valid again. */
  abstract revalidateWebhook(credentials: XCredentials, environmentName: string, webhookId: string): Promise<void>;
  /** Removes a webhook, and with it what is subscribed to it. */
  abstract deleteWebhook(credentials: XCredentials, environmentName: string, webhookId: string): Promise<void>;
  /** Everybody who is subscribed, with one call. */
  abstract listSubscriptions(credentials: XCredentials, environmentName: string): Promise<XSubscriptions>;
  /** Whether the account whose tokens these are is. */
  abstract isSubscribed(credentials: XCredentials, environmentName: string): Promise<boolean>;
  /** How many accounts the app has subscribed in all environments, and how many X lets it; null where X does not say. */
  abstract countSubscriptions(credentials: XCredentials): Promise<{ used: number; most: number } | null>;
  /** Subscribes the account whose tokens these are; fine when it is already. */
  abstract subscribe(credentials: XCredentials, environmentName: string): Promise<void>;
  /** Ends the account's subscription; fine when there is none. */
  abstract unsubscribe(credentials: XCredentials, environmentName: string, accountId: string): Promise<void>;
}
