import { toTimestamp, type Instant } from '../../kernel/clock.js';
import type { JsonValue } from '../wire/json-text.js';
import type { Account } from '../world/model.js';
import { compareIds } from '../world/snowflake.js';
import type { RelationChange } from './activity-envelope.js';

/** What X Activity tells, but for the subscription by which it tells it. */
export interface XaaEvent {
  eventType: string;
  payload: JsonValue;
}

/** `uuid` is a signed 64-bit number; without a subscription (a revoke) there is no filter and no tag. */
export function xaaEnvelope({ eventType, payload }: XaaEvent, uuid: bigint, subscription: { accountId: string; tag: string | null } | null): JsonValue {
  const filter: JsonValue = subscription === null ? {} : { user_id: subscription.accountId };
  return { data: { event_uuid: uuid.toString(), filter, event_type: eventType, tag: subscription?.tag ?? undefined, payload } };
}

/** The same `message_create` as in Account Activity, without the app that sent it; users as v2 has them. */
export function xaaMessage(isEcho: boolean, event: JsonValue, users: readonly Account[]): XaaEvent {
  return { eventType: isEcho ? 'dm.sent' : 'dm.received', payload: { direct_message_events: [event], users: usersMap(users) } };
}

export function xaaTyping(at: Instant, sender: Account, recipient: Account): XaaEvent {
  const event = { created_timestamp: String(at), sender_id: sender.id, target: { recipient_id: recipient.id } };
  return { eventType: 'dm.indicate_typing', payload: { direct_message_indicate_typing_events: [event], users: usersMap([sender, recipient]) } };
}

export function xaaRead(at: Instant, sender: Account, recipient: Account, lastReadEventId: string): XaaEvent {
  const event = { created_timestamp: String(at), sender_id: sender.id, target: { recipient_id: recipient.id }, last_read_event_id: lastReadEventId };
  return { eventType: 'dm.read', payload: { direct_message_mark_read_events: [event], users: usersMap([sender, recipient]) } };
}

export function xaaRelation(type: RelationChange, source: Account, target: Account): XaaEvent {
  const family = type === 'follow' || type === 'unfollow' ? 'follow' : 'block';
  return { eventType: `${family}.${type}`, payload: { source: { data: userV2(source) }, target: { data: userV2(target) } } };
}

export function xaaRevoke(at: Instant, appId: string, accountId: string): XaaEvent {
  const dateTime = toTimestamp(at).replace(/\.\d+Z$/, '+00:00');
  return { eventType: 'oauth.revoke', payload: { date_time: dateTime, user_id: accountId, app_id: appId } };
}

/** An encrypted message: who wrote it to whom and when, and bytes that only their keys open. */
export interface EncryptedMessage {
  id: string;
  createdAt: Instant;
  senderId: string;
  /** Both sides’ ids, the smaller first. */
  conversationId: string;
}

/** Of two: the smaller id first. */
export function conversationIdOfChat(one: string, other: string): string {
  return [one, other].sort(compareIds).join(':');
}

export function xaaChat(isEcho: boolean, { id, createdAt, senderId, conversationId }: EncryptedMessage): XaaEvent {
  return {
    eventType: isEcho ? 'chat.sent' : 'chat.received',
    payload: {
      conversation_token: 'eyJhbGciOiJIUzI1NiJ9.eyJzaW11bGF0ZWQiOnRydWV9.c2lnbmF0dXJl',
      id,
      created_at_msec: String(createdAt),
      sender_id: senderId,
      conversation_id: conversationId,
      conversation_key_version: '1768236281331',
      encoded_event: 'CwABAAAAEzIwODA0MDA4MjUyMjcxMDAxNjA=',
      conversation_key_change_event: 'CwABAAAAEzIwMTA3NTQ4MTkxMTY0NDk5MDU=',
      message_event_signature: {
        public_key_version: '1765382634817',
        signature: 'c2ltdWxhdGVkLXNpZ25hdHVyZQ==',
        signature_version: '7',
        signing_public_key: 'c2ltdWxhdGVkLXB1YmxpYy1rZXk=',
      },
    },
  };
}

/** v2's user as X Activity writes it: numbers with a twin that is text, and nothing left out. */
export function userV2(account: Account): JsonValue {
  return {
    id: account.id,
    username: account.screenName,
    name: account.name,
    description: account.description ?? '',
    location: account.location ?? '',
    url: account.url ?? '',
    protected: account.isProtected,
    verified: account.isVerified,
    verified_type: account.isVerified ? 'business' : 'none',
    is_identity_verified: false,
    created_at: toTimestamp(account.createdAt),
    profile_image_url: `https://pbs.twimg.com/profile_images/${account.avatarPath}_normal.jpg`,
    profile_banner_url: '',
    public_metrics: withTwins({
      followers_count: account.followersCount,
      following_count: account.friendsCount,
      tweet_count: account.statusesCount,
      listed_count: 0,
      like_count: 0,
      media_count: 0,
    }),
  };
}

/** Each number once more as text. */
function withTwins(counts: Readonly<Record<string, number>>): JsonValue {
  return new Map<string, JsonValue>(Object.entries(counts).flatMap(([name, count]) => [[name, count], [`${name}_str`, String(count)]] as const));
}

function usersMap(users: readonly Account[]): JsonValue {
  return new Map(users.map((user) => [user.id, { data: userV2(user) }]));
}
