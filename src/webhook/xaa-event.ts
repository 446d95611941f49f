import { z } from 'zod';
import type { Instant } from '../kernel/clock.js';
import { X_ID_PATTERN } from '../kernel/x-id.js';
import { parseDirectMessage } from '../x-api/direct-message-v1.js';
import { parseEncryptedMessage } from '../x-api/encrypted-message.js';
import { listOf, MAX_NAMED, readRelation, type RelationType, toReadableName, type XEvent, type XNews, type XProfile } from './x-event.js';

type Fields = Record<string, unknown>;
/** Null: not understood. */
type Read = (payload: Fields, forUserId: string, receivedAt: Instant) => (XNews[] | null)[];

const xId = z.string().regex(X_ID_PATTERN);
const timestamp = z.string().regex(/^\d{1,15}$/);
const readSchema = z.object({ created_timestamp: timestamp, sender_id: xId, last_read_event_id: xId });
const typingSchema = z.object({ created_timestamp: timestamp, sender_id: xId });
const relationSchema = z.object({ source: z.object({ data: z.object({ id: xId }) }), target: z.object({ data: z.object({ id: xId }) }) });
const profileSchema = z.object({ username: z.string(), name: z.string() });

/** Events that X delivers and this service has no use for: posts and what becomes of them, and who is in an encrypted group. */
const UNUSED = /^(post|like|reply|mute|chat)\./;

const READERS: Readonly<Record<string, Read>> = {
  'dm.received': readMessages,
  'dm.sent': readMessages,
  'dm.read': (payload, forUserId) =>
    itemsOf(payload, 'direct_message_mark_read_events').map((item) => {
      const read = readSchema.safeParse(item).data;
      return read === undefined
        ? null
        : ofOthers(read.sender_id, forUserId, { kind: 'read', forUserId, participantId: read.sender_id, lastReadMessageId: read.last_read_event_id, readAt: Number(read.created_timestamp) });
    }),
  'dm.indicate_typing': (payload, forUserId) =>
    itemsOf(payload, 'direct_message_indicate_typing_events').map((item) => {
      const typing = typingSchema.safeParse(item).data;
      return typing === undefined ? null : ofOthers(typing.sender_id, forUserId, { kind: 'typing', forUserId, participantId: typing.sender_id, typedAt: Number(typing.created_timestamp) });
    }),
  'chat.received': readEncrypted,
  'chat.sent': readEncrypted,
  'follow.follow': relationReader('follow'),
  'follow.unfollow': relationReader('unfollow'),
  'block.block': relationReader('block'),
  'block.unblock': relationReader('unblock'),
};

/** Whether a body is X Activity's. Account Activity has no such fields. */
export function isXaaBody(body: unknown): body is Fields {
  return isFields(body) && ('data' in body || 'event_type' in body) && !('for_user_id' in body);
}

/**
 * Reads the envelope of X Activity: `data` with one event or several, or the event itself. Some events bear no time of X's:
 * `receivedAt` is theirs. Never throws.
 */
export function parseXaaEvent(body: Fields, receivedAt: Instant): XEvent {
  const event: XEvent = { news: [], notUnderstood: [] };
  const others = 'data' in body ? Object.keys(body).filter((name) => name !== 'data') : [];
  event.notUnderstood.push(...others.map(toReadableName));
  for (const [index, item] of listOf('data' in body ? body['data'] : body).entries()) {
    readOne(event, item, `data[${index}]`, receivedAt);
  }
  return { ...event, notUnderstood: event.notUnderstood.slice(0, MAX_NAMED) };
}

function readOne(event: XEvent, item: unknown, where: string, receivedAt: Instant): void {
  const fields = isFields(item) ? item : {};
  const type = fields['event_type'];
  const payload = fields['payload'];
  if (typeof type !== 'string' || !isFields(payload)) {
    event.notUnderstood.push(where);
    return;
  }
  if (type === 'oauth.revoke') {
    // It is of no subscription, so it names the account itself.
    const accountId = xId.safeParse(payload['user_id']).data;
    add(event, accountId === undefined ? null : [{ kind: 'access-revoked', accountId }], `${where} ${type}`);
    return;
  }
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read === undefined) {
    add(event, UNUSED.test(type) ? [] : null, `${where} ${toReadableName(type)}`);
    return;
  }
  const forUserId = xId.safeParse(isFields(fields['filter']) ? fields['filter']['user_id'] : undefined).data;
  if (forUserId === undefined) {
    event.notUnderstood.push(`${where} ${type} without filter.user_id`);
    return;
  }
  read(payload, forUserId, receivedAt).forEach((news, n) => add(event, news, `${where} ${type}[${n}]`));
}

function add(event: XEvent, news: XNews[] | null, where: string): void {
  if (news === null) {
    event.notUnderstood.push(where);
  } else {
    event.news.push(...news);
  }
}

/** The messages are those of Account Activity; only the people are told in v2's words. */
function readMessages(payload: Fields, forUserId: string): (XNews[] | null)[] {
  const profiles = readProfiles(payload['users']);
  return itemsOf(payload, 'direct_message_events').map((item) => {
    const message = parseDirectMessage(item);
    return message !== null && [message.senderId, message.recipientId].includes(forUserId) ? [{ kind: 'direct-message', forUserId, message, profiles }] : null;
  });
}

/** Messages to groups are nobody's conversation here. */
function readEncrypted(payload: Fields, forUserId: string): (XNews[] | null)[] {
  const message = parseEncryptedMessage(payload);
  if (message === null) {
    return [null];
  }
  if (message === 'of-a-group') {
    return [[]];
  }
  return [[message.senderId, message.recipientId].includes(forUserId) ? [{ kind: 'direct-message', forUserId, message, profiles: new Map() }] : null];
}

/** X publishes no time for it. */
function relationReader(type: RelationType): Read {
  return (payload, forUserId, receivedAt) => {
    const relation = relationSchema.safeParse(payload).data;
    return [relation === undefined ? null : readRelation(type, relation.source.data.id, relation.target.data.id, receivedAt, forUserId)];
  };
}

/** X publishes no sample of reading and typing: the list of Account Activity, one of it, or its fields in the payload itself. */
function itemsOf(payload: Fields, list: string): unknown[] {
  return list in payload ? listOf(payload[list]) : [payload];
}

/** What the account itself does is no news of a participant. */
function ofOthers(senderId: string, forUserId: string, news: XNews): XNews[] {
  return senderId === forUserId ? [] : [news];
}

/** With v2's extra level, or without. Profiles are an extra: one that is missing or odd does not make its message odd. */
function readProfiles(users: unknown): Map<string, XProfile> {
  const profiles = new Map<string, XProfile>();
  for (const [id, user] of Object.entries(isFields(users) ? users : {})) {
    const profile = profileSchema.safeParse(isFields(user) && 'data' in user ? user['data'] : user).data;
    if (profile !== undefined) {
      profiles.set(id, profile);
    }
  }
  return profiles;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
