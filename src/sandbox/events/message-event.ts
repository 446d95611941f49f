import type { JsonValue } from '../wire/json-text.js';
import type { Account, CallToAction, Message, Photo, QuickReplyOption } from '../world/model.js';
import { lengthOf, renderText, shortLink } from './message-text.js';

type FindAccount = (screenName: string) => Account | null;

/** X's `message_create` event. `source_app_id` is there only where X shows it: to the sender, but not in the answer to a send. */
export function messageEvent(message: Message, isSourceShown: boolean, findAccount: FindAccount): JsonValue {
  return {
    type: 'message_create',
    id: message.id,
    created_timestamp: String(message.createdAt),
    message_create: {
      target: { recipient_id: message.recipientId },
      sender_id: message.senderId,
      source_app_id: isSourceShown ? message.sourceAppId : undefined,
      message_data: messageContent(message, findAccount),
    },
  };
}

function messageContent(message: Message, findAccount: FindAccount): JsonValue {
  const { text, entities } = renderText(message.text, message.id, findAccount);
  const medium = message.photo === null ? null : mediumLink(message, text);
  return {
    text: medium === null ? text : `${text} ${medium.url}`,
    entities: medium === null ? entities : { ...entities, urls: [...entities.urls, medium] },
    attachment: medium === null || message.photo === null ? undefined : { type: 'media', media: photoObject(message, message.photo, medium) },
    quick_reply: message.quickReply === null ? undefined : { type: 'options', options: message.quickReply.map(optionObject) },
    quick_reply_response:
      message.quickReplyMetadata === null ? undefined : { type: 'options', metadata: message.quickReplyMetadata },
    ctas: message.ctas?.map(ctaObject),
  };
}

export interface MediumLink {
  readonly [key: string]: JsonValue;
  url: string;
  expanded_url: string;
  display_url: string;
  indices: number[];
}

/** The medium's own link is the last word of the text; a message without words is a space and the link. */
export function mediumLink(message: Message, text: string): MediumLink {
  const url = shortLink(`${message.id}:medium`);
  const start = lengthOf(text) + 1;
  return {
    url,
    expanded_url: `https://twitter.com/messages/media/${message.id}`,
    display_url: `pic.twitter.com/${url.slice('https://t.co/'.length)}`,
    indices: [start, start + lengthOf(url)],
  };
}

export function photoAddress(message: Message, photo: Photo): string {
  if (photo.kind === 'video') return `https://video.twimg.com/dm_video/${photo.mediaId}/vid/640x480/${photo.fileName}?tag=1`;
  if (photo.kind === 'animated_gif') return `https://video.twimg.com/dm_gif/${photo.mediaId}/${photo.fileName}`;
  return `https://ton.twitter.com/1.1/ton/data/dm/${message.id}/${photo.mediaId}/${photo.fileName}`;
}

function photoObject(message: Message, photo: Photo, link: MediumLink): JsonValue {
  const address = photoAddress(message, photo);
  const preview = (photo.kind ?? 'photo') === 'photo' ? address : `https://pbs.twimg.com/dm_video_preview/${photo.mediaId}/img/a.jpg`;
  return {
    id: BigInt(photo.mediaId),
    id_str: photo.mediaId,
    indices: link.indices,
    media_url: preview,
    media_url_https: preview,
    url: link.url,
    display_url: link.display_url,
    expanded_url: link.expanded_url,
    type: photo.kind ?? 'photo',
    video_info: (photo.kind ?? 'photo') === 'photo' ? undefined : { aspect_ratio: [4, 3], variants: [{ bitrate: 832_000, content_type: 'video/mp4', url: address }] },
    sizes: {
      thumb: { w: 150, h: 150, resize: 'crop' },
      small: { w: 680, h: 510, resize: 'fit' },
      medium: { w: 1200, h: 900, resize: 'fit' },
      large: { w: 1600, h: 1200, resize: 'fit' },
    },
  };
}

function optionObject({ label, description, metadata }: QuickReplyOption): JsonValue {
  return { label, description, metadata };
}

function ctaObject({ label, url, tcoUrl }: CallToAction): JsonValue {
  return { type: 'web_url', label, url, tco_url: tcoUrl };
}
