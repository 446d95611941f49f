import type { XCredentials } from './x-credentials.js';

/** A webhook as X lists it. `isValid: false` means that X sends nothing to it until it is re-validated. */
export interface XWebhook {
  id: string;
  url: string;
  isValid: boolean;
}

/** A dev environment of an app: its label, exactly as written at X, and its webhooks (X allows one). Without environments all are in one without a name. */
export interface XEnvironment {
  name: string;
  webhooks: XWebhook[];
}

/** A webhook's place: X goes by the environment's label where there are environments, else by its id of the webhook. */
export interface XLine {
  environmentName: string;
  /** Empty while X has no such webhook. */
  webhookId: string;
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
  /** With environments, each has room for one webhook; without, an app may have several beside each other. */
  abstract readonly hasEnvironments: boolean;
  /** All environments that X knows of the app, with one call. */
  abstract listEnvironments(credentials: XCredentials): Promise<XEnvironment[]>;
  /** Registers `url`. X calls it with a challenge before it answers, so the route must answer already. */
  abstract registerWebhook(credentials: XCredentials, environmentName: string, url: string): Promise<XWebhook>;
  /** Makes X send a challenge now; a webhook that answers rightly is valid again. */
  abstract revalidateWebhook(credentials: XCredentials, line: XLine): Promise<void>;
  /** Removes a webhook, and with it what is subscribed to it. */
  abstract deleteWebhook(credentials: XCredentials, line: XLine): Promise<void>;
  /** Everybody who is subscribed to all that a channel needs. */
  abstract listSubscriptions(credentials: XCredentials, line: XLine): Promise<XSubscriptions>;
  /** Whether the account is, whose tokens these are. */
  abstract isSubscribed(credentials: XCredentials, line: XLine, accountId: string): Promise<boolean>;
  /** How many accounts the app has subscribed in all environments, and how many X lets it; null where X does not say. */
  abstract countSubscriptions(credentials: XCredentials): Promise<{ used: number; most: number } | null>;
  /** Subscribes the account, whose tokens these are; fine when it is already. */
  abstract subscribe(credentials: XCredentials, line: XLine, accountId: string): Promise<void>;
  /** Ends the account's subscription; fine when there is none. */
  abstract unsubscribe(credentials: XCredentials, line: XLine, accountId: string): Promise<void>;
}
