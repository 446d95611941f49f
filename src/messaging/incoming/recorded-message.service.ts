import type { Channel } from '../../channels/channel.js';
import type { Instant } from '../../kernel/clock.js';
import { SECOND_MS } from '../../kernel/duration.js';
import type { ReplyWindow } from '../../rate-policy/reply-window.js';
import type { XDirectMessage } from '../../x-api/direct-message.js';
import { dayOf } from '../../usage/usage.js';
import type { ChannelUsage } from '../../usage/usage-log.service.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { toWindowColumns } from '../conversation/conversations.service.js';
import { normaliseForEcho, toContent } from '../message/message-content.js';
import { MessageEntity } from '../message/message.entity.js';

/** An erasure before it would have taken the conversation with it. */
const JUST_SAID_MS = 10 * SECOND_MS;

/** What X calls a participant. */
export interface Profile {
  username: string;
  name: string;
}

/** PostgreSQL's text has no NUL. */
export function toStorable(profile: Profile | undefined): { username: string | null; name: string | null } {
  const storable = (text: string | undefined): string | null => text?.replaceAll('\u0000', '') ?? null;
  return { username: storable(profile?.username), name: storable(profile?.name) };
}

/** Whether it is to be asked if the participant was erased since. */
export function mayBeErased(conversation: Pick<ConversationEntity, 'lastSeq'>, createdAt: Instant, now: Instant): boolean {
  return conversation.lastSeq === 0 || now - createdAt > JUST_SAID_MS;
}

/** The next row of the conversation, as X tells of it. */
export function toMessageRow(id: string, conversation: ConversationEntity, message: XDirectMessage, now: Instant): MessageEntity {
  return Object.assign(new MessageEntity(), {
    id,
    team: conversation.team,
    channelId: conversation.channelId,
    conversationId: conversation.id,
    seq: conversation.lastSeq + 1,
    content: toContent(message),
    textFingerprint: normaliseForEcho(message.text),
    xMessageId: message.xMessageId,
    xCreatedAt: message.createdAt,
    createdAt: now,
  });
}

/** What the conversation becomes with that row. */
export function changeBy(conversation: ConversationEntity, window: ReplyWindow | null, createdAt: Instant): Partial<ConversationEntity> {
  return {
    ...toWindowColumns(window, conversation),
    lastSeq: conversation.lastSeq + 1,
    lastMessageAt: Math.max(conversation.lastMessageAt ?? 0, createdAt),
  };
}

/** A message that the channel's webhook has told of, as X may charge for it. */
export function receivedBy({ id: channelId, eventsApi: api }: Channel, now: Instant): ChannelUsage {
  return { channelId, api, kind: 'message-received', day: dayOf(now), count: 1 };
}
