import { z } from 'zod';
import type { Instant } from '../kernel/clock.js';
import { X_ID_PATTERN } from '../kernel/x-id.js';
import type { StartPermission } from '../rate-policy/send-decision.js';
import type { XDirectMessage } from '../x-api/direct-message.js';
import { parseDirectMessage } from '../x-api/direct-message-v1.js';

/** What X calls the people in an event. */
export interface XProfile {
  username: string;
  name: string;
}

/** One thing that an event tells us. */
export type XNews =
  | { kind: 'direct-message'; forUserId: string; message: XDirectMessage; profiles: ReadonlyMap<string, XProfile> }
  | { kind: 'read'; forUserId: string; participantId: string; lastReadMessageId: string; readAt: Instant }
  | { kind: 'typing'; forUserId: string; participantId: string; typedAt: Instant }
  | { kind: 'start-permission'; forUserId: string; participantId: string; permission: StartPermission; isOfFollowing: boolean; saidAt: Instant }
  | { kind: 'access-revoked'; accountId: string };

/** All that a body tells, and what in it was not understood. An activity that we do not use is neither. */
export interface XEvent {
  news: XNews[];
  notUnderstood: string[];
}

const xId = z.string().regex(X_ID_PATTERN);
const profileSchema = z.object({ screen_name: z.string(), name: z.string() });
const readSchema = z.object({
  created_timestamp: z.string().regex(/^\d{1,15}$/),
  sender_id: xId,
  last_read_event_id: xId,
});
const typingSchema = z.object({ created_timestamp: z.string().regex(/^\d{1,15}$/), sender_id: xId });
const revokeSchema = z.object({ revoke: z.object({ source: z.object({ user_id: xId }) }) });

/** Both lists carry the start of a relation and its end. */
const RELATION_EVENTS = ['follow_events', 'block_events'];
const relationSchema = z.object({
  type: z.enum(['follow', 'unfollow', 'block', 'unblock']),
  created_timestamp: z.string().regex(/^\d{1,15}$/),
  source: z.object({ id: xId }),
  target: z.object({ id: xId }),
});

/** Activities that X delivers and this service has no use for. */
const UNUSED = /^(tweet_|favorite_|mute_|replay_job_status$)/;
const ENVELOPE_FIELDS = ['for_user_id', 'users', 'apps', 'is_blocked_by', 'user_has_blocked'];
/** What was not understood is named for a person to look at; the body is kept whole beside it. */
const MAX_NAMED = 20;
const MAX_NAME_CHARACTERS = 60;

/** Reads the envelope of Account Activity (all generations of it). Never throws. */
export function parseAccountActivityEvent(body: unknown): XEvent {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { news: [], notUnderstood: ['the body is not an object'] };
  }
  const envelope = body as Record<string, unknown>;
  const forUserId = xId.safeParse(envelope['for_user_id']).data;
  const event: XEvent = { news: [], notUnderstood: [] };
  for (const [name, value] of Object.entries(envelope)) {
    if (ENVELOPE_FIELDS.includes(name) || UNUSED.test(name)) {
      continue;
    }
    readActivity(event, name, value, forUserId, envelope);
  }
  return { ...event, notUnderstood: event.notUnderstood.slice(0, MAX_NAMED) };
}

function readActivity(event: XEvent, name: string, value: unknown, forUserId: string | undefined, envelope: Record<string, unknown>): void {
  const add = (news: XNews | null, where: string): void => {
    if (news === null) {
      event.notUnderstood.push(where);
    } else {
      event.news.push(news);
    }
  };
  // Some deliveries carry a single object where the documentation has an array.
  const items = Array.isArray(value) ? (value as unknown[]) : [value];
  if (name === 'direct_message_events' && forUserId !== undefined) {
    const profiles = readProfiles(envelope['users']);
    items.forEach((item, index) => {
      const message = parseDirectMessage(item);
      const isTheirs = message !== null && [message.senderId, message.recipientId].includes(forUserId);
      add(isTheirs ? { kind: 'direct-message', forUserId, message, profiles } : null, `${name}[${index}]`);
    });
  } else if (name === 'direct_message_mark_read_events' && forUserId !== undefined) {
    items.forEach((item, index) => add(readMarkRead(item, forUserId), `${name}[${index}]`));
  } else if (name === 'direct_message_indicate_typing_events' && forUserId !== undefined) {
    items.forEach((item, index) => {
      const typing = typingSchema.safeParse(item).data;
      add(typing === undefined ? null : { kind: 'typing', forUserId, participantId: typing.sender_id, typedAt: Number(typing.created_timestamp) }, `${name}[${index}]`);
    });
  } else if (RELATION_EVENTS.includes(name) && forUserId !== undefined) {
    items.forEach((item, index) => {
      const relation = relationSchema.safeParse(item).data;
      if (relation === undefined) {
        add(null, `${name}[${index}]`);
      } else {
        event.news.push(...readRelation(relation, forUserId));
      }
    });
  } else if (name === 'user_event') {
    const revoke = revokeSchema.safeParse(value).data?.revoke;
    add(revoke === undefined ? null : { kind: 'access-revoked', accountId: revoke.source.user_id }, name);
  } else {
    event.notUnderstood.push(toReadableName(name));
  }
}

/** A field's name may be anything: NUL, half a character, as long as the body. */
function toReadableName(name: string): string {
  return JSON.stringify(name.slice(0, MAX_NAME_CHARACTERS)).slice(1, -1);
}

function readMarkRead(item: unknown, forUserId: string): XNews | null {
  const read = readSchema.safeParse(item).data;
  return read === undefined
    ? null
    : {
        kind: 'read',
        forUserId,
        participantId: read.sender_id,
        lastReadMessageId: read.last_read_event_id,
        readAt: Number(read.created_timestamp),
      };
}

/**
 * A follower may be written to, and somebody who blocks the account or is blocked by it may not. After the end of either
 * nothing is certain: they may receive messages from anyone. That the account follows somebody says nothing.
 */
function readRelation({ type, created_timestamp, source, target }: z.infer<typeof relationSchema>, forUserId: string): XNews[] {
  const isTheirs = target.id === forUserId;
  const isOfFollowing = type === 'follow' || type === 'unfollow';
  if (!isTheirs && (source.id !== forUserId || isOfFollowing)) {
    return [];
  }
  const permission = type === 'follow' ? 'allowed' : type === 'block' ? 'not-allowed' : 'ask';
  return [{ kind: 'start-permission', forUserId, participantId: isTheirs ? source.id : target.id, permission, isOfFollowing, saidAt: Number(created_timestamp) }];
}

/** Profiles are an extra: one that is missing or odd does not make its message odd. */
function readProfiles(users: unknown): Map<string, XProfile> {
  const profiles = new Map<string, XProfile>();
  if (typeof users === 'object' && users !== null) {
    for (const [id, user] of Object.entries(users)) {
      const profile = profileSchema.safeParse(user).data;
      if (profile !== undefined) {
        profiles.set(id, { username: profile.screen_name, name: profile.name });
      }
    }
  }
  return profiles;
}
