import type { MessageContent } from './message-content.js';

/** A message has one medium at most, so what X has in it goes by the message's id. */
export const mediumIdOf = (messageId: string): string => messageId.replace(/^msg_/, 'med_');
export const messageIdOf = (mediumId: string): string => mediumId.replace(/^med_/, 'msg_');

/** What a message says as callers see it: a medium at our address, and never at X's, which wants the channel's tokens. */
export function toShownContent(messageId: string, content: MessageContent): MessageContent {
  const { media } = content;
  if (media === undefined || media.id.startsWith('med_')) {
    return content;
  }
  const id = mediumIdOf(messageId);
  return { ...content, media: { id, kind: media.kind, url: `/v1/media/${id}` } };
}
