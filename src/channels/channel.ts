import type { Instant } from '../kernel/clock.js';
import type { AfterUnknown, BeyondAllotment } from '../config/settings.js';
import type { EventsApiName, MessagesApiName } from '../x-api/x-generations.js';
import type { Connection } from './channel-status.js';
import type { FormerLine } from './connection/former-line.js';
import type { CreditStop } from './credits/credit-stop.js';

export interface ChannelPolicy {
  beyondAllotment: BeyondAllotment;
  /** The part of the app's limits that is kept for this channel, 0 to 1; absent: an equal part of what other channels leave. */
  appShare?: number;
  /** What later messages to a participant do while nobody knows whether X took one before them; absent: `messaging.afterUnknown`. */
  afterUnknown?: AfterUnknown;
  /** How many days its messages are kept, 0 for ever; absent: `retention.messagesDays`. */
  keepMessagesDays?: number;
  /** How many messages are handed to X on one UTC day at most; absent: as many as X takes. */
  dailyCap?: number;
}

export type PolicyChange = { beyondAllotment?: BeyondAllotment | undefined; appShare?: number | null | undefined; afterUnknown?: AfterUnknown | undefined; keepMessagesDays?: number | null | undefined; dailyCap?: number | null | undefined };

/** The policy with a change: what is not named stays, and what is null is taken away. */
export function changePolicy(policy: ChannelPolicy, { beyondAllotment, appShare, afterUnknown = policy.afterUnknown, keepMessagesDays, dailyCap }: PolicyChange = {}): ChannelPolicy {
  const days = keepMessagesDays === undefined ? policy.keepMessagesDays : keepMessagesDays;
  const cap = dailyCap === undefined ? policy.dailyCap : dailyCap;
  const share = appShare === undefined ? policy.appShare : appShare;
  return {
    beyondAllotment: beyondAllotment ?? policy.beyondAllotment,
    ...(share === undefined || share === null ? {} : { appShare: share }),
    ...(afterUnknown === undefined ? {} : { afterUnknown }),
    ...(days === undefined || days === null ? {} : { keepMessagesDays: days }),
    ...(cap === undefined || cap === null ? {} : { dailyCap: cap }),
  };
}

/** One X account that the service acts for. Its credentials are kept apart, in `ChannelCredentials`. */
export interface Channel {
  id: string;
  team: string;
  name: string;
  /** The X user id of the account. One account is one channel. */
  accountId: string;
  accountUsername: string;
  accountName: string;
  appFingerprint: string;
  /** The app's numeric id at X, once X told it; the sender of our own messages in X's echoes. */
  xAppId: string | null;
  webhookKey: string;
  eventsApi: EventsApiName;
  messagesApi: MessagesApiName;
  /** The dev environment label at X. */
  environmentName: string | null;
  /** Those that it had before `eventsApi` or `environmentName` was changed. */
  formerLines: FormerLine[];
  connection: Connection;
  /** Why it is degraded or revoked, in words; null otherwise. */
  connectionDetail: string | null;
  /** X takes no paid calls of it; null while it does. */
  creditsStop: CreditStop | null;
  isPaused: boolean;
  policy: ChannelPolicy;
  isDeclaredInConfig: boolean;
  createdAt: Instant;
  updatedAt: Instant;
}
