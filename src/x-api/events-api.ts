import type { XCredentials } from './x-credentials.js';

/** A webhook as X lists it. `isValid: false` means that X sends nothing to it until it is re-validated. */
export interface XWebhook {
  id: string;
  url: string;
  isValid: boolean;
}

/**
 * What we ask of one generation of X's event delivery (Account Activity premium, enterprise, v2, X Activity).
 * Every call throws `XFailure`. `environmentName` is the dev environment label, exactly as written at X.
 */
export abstract class EventsApi {
  /** The webhooks of one environment (X allows one); null when X does not know the label. */
  abstract listWebhooks(credentials: XCredentials, environmentName: string): Promise<XWebhook[] | null>;
  /** Registers `url`. X calls it with a challenge before it answers, so the route must answer already. */
  abstract registerWebhook(credentials: XCredentials, environmentName: string, url: string): Promise<XWebhook>;
  /** Makes X send a challenge now; a webhook that answers rightly is valid again. */
  abstract revalidateWebhook(credentials: XCredentials, environmentName: string, webhookId: string): Promise<void>;
  /** Removes a webhook, and with it what is subscribed to it. */
  abstract deleteWebhook(credentials: XCredentials, environmentName: string, webhookId: string): Promise<void>;
  /** Subscribes the account whose tokens these are; fine when it is already. */
  abstract subscribe(credentials: XCredentials, environmentName: string): Promise<void>;
  abstract isSubscribed(credentials: XCredentials, environmentName: string): Promise<boolean>;
  /** Ends the account's subscription; fine when there is none. */
  abstract unsubscribe(credentials: XCredentials, environmentName: string, accountId: string): Promise<void>;
  /** The app's numeric id at X, by which our own sends are known in X's echoes; null when X does not tell. */
  abstract findAppId(credentials: XCredentials, environmentName: string): Promise<string | null>;
}
