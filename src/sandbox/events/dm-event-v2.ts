import type { JsonValue } from '../wire/json-text.js';
import type { Message } from '../world/model.js';
import { compareIds } from '../world/snowflake.js';
import { toTimestamp } from '../../kernel/clock.js';
import { mediumLink, photoAddress } from './message-event.js';
import { renderText } from './message-text.js';

/** A message as `/2/dm_events` shows it. */
export function dmEventV2(message: Message): JsonValue {
  const { text, entities } = renderText(message.text, message.id, () => null);
  const medium = message.photo === null ? null : mediumLink(message, text);
  const key = mediaKeyOf(message);
  const urls = [...entities.urls, ...(medium === null ? [] : [{ ...medium, media_key: key }])];
  return {
    id: message.id,
    event_type: 'MessageCreate',
    text: medium === null ? text : `${text} ${medium.url}`,
    sender_id: message.senderId,
    dm_conversation_id: conversationIdV2(message),
    created_at: toTimestamp(message.createdAt),
    attachments: key === null ? undefined : { media_keys: [key] },
    entities: urls.length === 0 ? undefined : { urls },
  };
}

/** Of a conversation of two: the smaller id, then the larger one. */
export function conversationIdV2({ senderId, recipientId }: Pick<Message, 'senderId' | 'recipientId'>): string {
  return [senderId, recipientId].sort(compareIds).join('-');
}

/** A photo as `includes.media` has it; null for a message without one. */
export function mediaObjectV2(message: Message): JsonValue | null {
  return message.photo === null ? null : { media_key: mediaKeyOf(message), type: 'photo', url: photoAddress(message, message.photo) };
}

function mediaKeyOf({ photo }: Message): string | null {
  return photo === null ? null : `3_${photo.mediaId}`;
}
