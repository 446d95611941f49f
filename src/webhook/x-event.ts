import type { Instant } from '../kernel/clock.js';
import type { StartPermission } from '../rate-policy/send-decision.js';
import type { XDirectMessage } from '../x-api/direct-message.js';

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
  | { kind: 'start-permission'; forUserId: string; participantId: string; permission: StartPermission; saidAt: Instant }
  | { kind: 'access-revoked'; accountId: string };

/** All that a body tells, and what in it was not understood. An activity that we do not use is neither. */
export interface XEvent {
  news: XNews[];
  notUnderstood: string[];
}

/** What was not understood is named for a person to look at; the body is kept whole beside it. */
export const MAX_NAMED = 20;
const MAX_NAME_CHARACTERS = 60;

/** A field's name may be anything: NUL, half a character, as long as the body. */
export function toReadableName(name: string): string {
  return JSON.stringify(name.slice(0, MAX_NAME_CHARACTERS)).slice(1, -1);
}

/** Some deliveries carry a single object where the documentation has an array. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

export type RelationType = 'follow' | 'unfollow' | 'block' | 'unblock';

/**
 * A follower may be written to, and somebody who blocks the account or is blocked by it may not. After the end of either
 * nothing is certain: they may receive messages from anyone. That the account follows somebody says nothing.
 */
export function readRelation(type: RelationType, sourceId: string, targetId: string, saidAt: Instant, forUserId: string): XNews[] {
  const isTheirs = targetId === forUserId;
  const isOfFollowing = type === 'follow' || type === 'unfollow';
  if (!isTheirs && (sourceId !== forUserId || isOfFollowing)) {
    return [];
  }
  const permission = type === 'follow' ? 'allowed' : type === 'block' ? 'not-allowed' : 'ask';
  return [{ kind: 'start-permission', forUserId, participantId: isTheirs ? sourceId : targetId, permission, saidAt }];
}
