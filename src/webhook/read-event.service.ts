import type { Channel } from '../channels/channel.js';
import { unreachable } from '../kernel/problem.js';
import { parseAccountActivityEvent } from './account-activity-event.js';
import { fromStoredBody } from './raw-body.js';
import type { WebhookEventEntity } from './webhook-event.entity.js';
import type { XEvent, XNews } from './x-event.js';
import { isXaaBody, parseXaaEvent } from './xaa-event.js';

/** One thing that an event tells, of a channel of ours. */
export interface Effect {
  channel: Channel;
  news: XNews;
}

/** What an event says, and whom it is for. */
export interface ReadEvent {
  event: WebhookEventEntity;
  parsed: XEvent;
  effects: Effect[];
}

/** The conversations that an event changes, by channel and participant. */
export function conversationsOf({ effects }: ReadEvent): string[] {
  return effects.flatMap(({ channel, news }) => participantsOf(channel, news).map((id) => `${channel.id} ${id}`));
}

/** Whose conversations the news change. */
export function participantsOf(channel: Channel, news: XNews): string[] {
  switch (news.kind) {
    case 'direct-message':
      return [news.message.senderId, news.message.recipientId].filter((id) => id !== channel.accountId);
    case 'read':
    case 'typing':
      return [news.participantId];
    case 'start-permission':
    case 'access-revoked':
      return [];
    default:
      return unreachable(news);
  }
}

/** What a stored event says, whichever generation tells it; nothing of it is understood when it is no JSON. */
export function parseStored(event: WebhookEventEntity): XEvent {
  try {
    const body: unknown = JSON.parse(fromStoredBody(event).toString('utf8'));
    return isXaaBody(body) ? parseXaaEvent(body, event.receivedAt) : parseAccountActivityEvent(body);
  } catch {
    return { news: [], notUnderstood: ['the body is not JSON'] };
  }
}
