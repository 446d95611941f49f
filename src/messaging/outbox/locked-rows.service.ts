import type { KnownLimits } from '../../rate-policy/known-limits.service.js';
import type { ConversationEntity } from '../conversation/conversation.entity.js';
import type { MessageEntity } from '../message/message.entity.js';

/** What a unit of work about several messages has read and locked, by id. Whoever changes a conversation changes it here too. */
export interface LockedRows {
  conversations: ReadonlyMap<string, ConversationEntity>;
  messages: ReadonlyMap<string, MessageEntity>;
  limits: KnownLimits;
  /** What X has told of messages that it has answered for, before its answer, and what was not known as ours. */
  copies: readonly MessageEntity[];
}
