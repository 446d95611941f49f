import { z } from 'zod';
import { X_ID_PATTERN } from '../kernel/x-id.js';
import type { XDirectMessage } from './direct-message.js';

const encryptedSchema = z.object({
  // Not a number as those of direct messages are.
  id: z.string().regex(/^[\w-]{1,100}$/),
  created_at_msec: z.string().regex(/^\d{1,15}$/),
  sender_id: z.string().regex(X_ID_PATTERN),
  conversation_id: z.string(),
});

/**
 * A message of X's encrypted chat, of which X tells who wrote it to whom and when. What it says only their keys open, so nothing of
 * that is read. Null when it is not understood.
 */
export function parseEncryptedMessage(payload: unknown): XDirectMessage | 'of-a-group' | null {
  const parsed = encryptedSchema.safeParse(payload);
  if (!parsed.success) {
    return null;
  }
  const { id, created_at_msec: createdAt, sender_id: senderId, conversation_id: conversationId } = parsed.data;
  if (/^g\d/.test(conversationId)) {
    return 'of-a-group';
  }
  const sides = conversationId.split(':');
  const recipientId = sides.find((side) => side !== senderId);
  if (sides.length !== 2 || !sides.includes(senderId) || recipientId === undefined || !X_ID_PATTERN.test(recipientId)) {
    return null;
  }
  return {
    xMessageId: id,
    createdAt: Number(createdAt),
    senderId,
    recipientId,
    sourceAppId: null,
    text: '',
    links: [],
    media: null,
    location: null,
    quickReplyMetadata: null,
    isEncrypted: true,
  };
}
