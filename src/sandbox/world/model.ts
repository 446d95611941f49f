import type { Instant } from '../../kernel/clock.js';

export type AccessLevel = 'read' | 'read-write' | 'read-write-directmessages';

/** Whose messages an account takes from people it does not follow or know. */
export type ReceivesFrom = 'anyone' | 'followed' | 'nobody';

export interface App {
  id: string;
  name: string;
  url: string;
  /** The developer account's name, as the subscription count shows it. */
  accountName: string;
  consumerKey: string;
  consumerSecret: string;
  /** Of OAuth 2.0: with it X signs its deliveries a second time. Null for an app without. */
  clientSecret: string | null;
  bearerToken: string;
  ownerId: string | null;
  /** The dev environment labels made in the developer portal; case-sensitive. */
  environments: readonly string[];
  /** Where X may send people back to after they signed in; null: anywhere. */
  callbackUrls: readonly string[] | null;
}

/** An X account, brand or participant alike. */
export interface Account {
  id: string;
  role: 'brand' | 'participant';
  createdAt: Instant;
  name: string;
  screenName: string;
  location: string | null;
  description: string | null;
  url: string | null;
  isProtected: boolean;
  isVerified: boolean;
  followersCount: number;
  friendsCount: number;
  statusesCount: number;
  favouritesCount: number;
  /** Path below X's image host. */
  avatarPath: string;
  receivesFrom: ReceivesFrom;
  isSuspended: boolean;
}

/** An access token: this app may act for this account. */
export interface Grant {
  appId: string;
  accountId: string;
  token: string;
  tokenSecret: string;
  accessLevel: AccessLevel;
  isRevoked: boolean;
}

/** A sign-in under way: made for an app, then taken by an account, then exchanged for a grant, once. */
export interface RequestToken {
  appId: string;
  token: string;
  secret: string;
  callbackUrl: string;
  /** Who has said yes, and what shows it; null until then. */
  authorized: { accountId: string; verifier: string } | null;
}

export interface Webhook {
  id: string;
  appId: string;
  environment: string;
  url: string;
  isValid: boolean;
  createdAt: Instant;
}

export interface Subscription {
  appId: string;
  environment: string;
  accountId: string;
}

/** Of X Activity: one type of event of one account, told to a webhook. It stays when the webhook goes. */
export interface ActivitySubscription {
  id: string;
  appId: string;
  accountId: string;
  eventType: string;
  tag: string | null;
  webhookId: string | null;
  createdAt: Instant;
  updatedAt: Instant;
}

export interface QuickReplyOption {
  label: string;
  description?: string;
  metadata?: string;
}

export interface CallToAction {
  label: string;
  url: string;
  tcoUrl: string;
}

export interface Photo {
  mediaId: string;
  /** File name below the event's folder on X's media host. */
  fileName: string;
  /** A photo unless said. */
  kind?: 'photo' | 'animated_gif' | 'video';
  /** How many bytes X has of it, where they were not uploaded. */
  sizeBytes?: number;
}

/** What a send of an app counts as: one of the free replies, or against the daily limits. */
export type Charge = 'allowance' | 'limit';

export interface Message {
  id: string;
  createdAt: Instant;
  senderId: string;
  recipientId: string;
  /** As the sender wrote it: not escaped, links not shortened. */
  text: string;
  /** The app it was written with. */
  sourceAppId: string;
  quickReply: readonly QuickReplyOption[] | null;
  /** The metadata of the quick reply that was tapped. */
  quickReplyMetadata: string | null;
  ctas: readonly CallToAction[] | null;
  photo: Photo | null;
  /** Null for what people write themselves. */
  countedAgainst: Charge | null;
  readAt: Instant | null;
}

/** What an account greets people with. */
export interface WelcomeMessage {
  id: string;
  accountId: string;
  createdAt: Instant;
  name: string | null;
  text: string;
  quickReply: readonly QuickReplyOption[] | null;
  ctas: readonly { label: string; url: string }[] | null;
}

/** Makes a welcome message the account's default; the newest does. */
export interface WelcomeRule {
  id: string;
  accountId: string;
  createdAt: Instant;
  messageId: string;
}
