import { toTimestamp, type Instant } from '../../kernel/clock.js';
import type { JsonValue } from '../wire/json-text.js';
import type { Account } from '../world/model.js';
import { activityUser, userEntry } from './user-objects.js';

export interface SourceApp {
  id: string;
  name: string;
  url: string;
}

/** A DM as one subscribed account is told of it. `app` is set for the sender's copy only. */
export function messageActivity(forUserId: string, event: JsonValue, users: readonly Account[], app: SourceApp | null): JsonValue {
  return { for_user_id: forUserId, direct_message_events: [event], apps: app === null ? undefined : appsMap([app]), users: usersMap(users) };
}

export function appsMap(apps: readonly SourceApp[]): JsonValue {
  return new Map(apps.map(({ id, name, url }) => [id, { id, name, url }]));
}

export function typingActivity(at: Instant, sender: Account, recipient: Account): JsonValue {
  return {
    for_user_id: recipient.id,
    direct_message_indicate_typing_events: [
      { created_timestamp: String(at), sender_id: sender.id, target: { recipient_id: recipient.id } },
    ],
    users: usersMap([sender, recipient]),
  };
}

/** Everything up to and including `lastReadEventId` is read. */
export function readActivity(at: Instant, sender: Account, recipient: Account, lastReadEventId: string): JsonValue {
  return {
    for_user_id: recipient.id,
    direct_message_mark_read_events: [
      {
        created_timestamp: String(at),
        sender_id: sender.id,
        target: { recipient_id: recipient.id },
        last_read_event_id: lastReadEventId,
      },
    ],
    users: usersMap([sender, recipient]),
  };
}

export type RelationChange = 'follow' | 'unfollow' | 'block' | 'unblock';

/** X puts an unfollow into `follow_events` and an unblock into `block_events`; `type` tells them apart. */
export function relationActivity(at: Instant, type: RelationChange, forUserId: string, source: Account, target: Account): JsonValue {
  const event = { type, created_timestamp: String(at), target: activityUser(target), source: activityUser(source) };
  return type === 'follow' || type === 'unfollow'
    ? { for_user_id: forUserId, follow_events: [event] }
    : { for_user_id: forUserId, block_events: [event] };
}

export function revokeActivity(at: Instant, appId: string, accountId: string): JsonValue {
  const dateTime = toTimestamp(at).replace(/\.\d+Z$/, '+00:00');
  return { user_event: { revoke: { date_time: dateTime, target: { app_id: appId }, source: { user_id: accountId } } } };
}

/** In the order given, also for short ids, which a plain object would sort first. */
function usersMap(users: readonly Account[]): JsonValue {
  return new Map(users.map((user) => [user.id, userEntry(user)]));
}
