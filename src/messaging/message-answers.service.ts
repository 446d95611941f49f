import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { Channel } from '../channels/channel.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { Reader } from '../database/reader.service.js';
import { Clock, toTimestamp, toTimestampOrNull } from '../kernel/clock.js';
import type { LimitState } from '../rate-policy/limit.js';
import { RatePolicy } from '../rate-policy/rate-policy.service.js';
import type { ConversationDto } from './conversation.dto.js';
import { ConversationEntity } from './conversation/conversation.entity.js';
import { windowOf } from './conversation/conversations.service.js';
import type { MessageDto } from './message.dto.js';
import type { MessageEntity } from './message/message.entity.js';
import { toPublicStatus } from './message/message-status.js';
import { toShownContent } from './message/shown-content.js';
import { toRateLimitHeaders, toWindowView, type WindowView } from './window/window-view.js';

/** Messages and conversations as callers see them, each with its window as it stands now. */
@Injectable()
export class MessageAnswers {
  constructor(
    private readonly reader: Reader,
    private readonly channels: ChannelDirectory,
    private readonly ratePolicy: RatePolicy,
    private readonly clock: Clock,
  ) {}

  async ofMessages(messages: readonly MessageEntity[]): Promise<MessageDto[]> {
    const ids = [...new Set(messages.map((message) => message.conversationId))];
    const conversations = ids.length === 0 ? [] : await this.reader.repository(ConversationEntity).findBy({ id: In(ids) });
    const channels = await this.channelsOf(conversations);
    return messages.flatMap((message) => {
      const conversation = conversations.find(({ id }) => id === message.conversationId);
      return conversation === undefined ? [] : [this.ofMessage(message, conversation, channels.get(message.channelId))];
    });
  }

  /** `channel` is undefined for what a deleted channel left. */
  ofMessage(message: MessageEntity, conversation: ConversationEntity, channel: Channel | undefined): MessageDto {
    const account = { number: conversation.accountId, name: channel === undefined ? null : `@${channel.accountUsername}` };
    const participant = { number: conversation.participantId, name: atName(conversation.participantUsername) };
    const isInbound = message.direction === 'inbound';
    return {
      id: message.id,
      channelId: message.channelId,
      conversationId: message.conversationId,
      direction: message.direction,
      source: message.source,
      from: isInbound ? participant : account,
      to: isInbound ? account : participant,
      content: toShownContent(message.id, message.content),
      ...(message.parts ? { parts: message.parts } : {}),
      reference: message.reference ?? null,
      status: toPublicStatus(message.status),
      charge: message.charge ?? null,
      window: this.windowViewOf(conversation),
      heldUntil: toTimestampOrNull(message.heldUntil ?? null),
      heldBecause: message.heldBecause ?? null,
      failure: message.failure ?? null,
      xMessageId: message.xMessageId ?? null,
      validUntil: toTimestampOrNull(message.validUntil ?? null),
      createdAt: toTimestamp(message.createdAt),
      sentAt: toTimestampOrNull(message.sentAt ?? (isInbound ? message.xCreatedAt : null)),
      readAt: toTimestampOrNull(message.readAt ?? null),
      recovered: message.isRecovered ?? false,
    };
  }

  /** The reply window and the limits as the `RateLimit` headers say them. */
  rateLimitHeaders(conversation: ConversationEntity, channel: Channel, limits: readonly LimitState[]): Record<string, string> {
    return toRateLimitHeaders(windowOf(conversation), this.ratePolicy.windowRule(channel.messagesApi), limits, this.clock.now());
  }

  ofConversation(conversation: ConversationEntity): ConversationDto {
    return {
      id: conversation.id,
      channelId: conversation.channelId,
      participant: {
        number: conversation.participantId,
        name: atName(conversation.participantUsername),
        displayName: conversation.participantName,
      },
      window: this.windowViewOf(conversation),
      lastMessageAt: toTimestampOrNull(conversation.lastMessageAt),
      createdAt: toTimestamp(conversation.createdAt),
    };
  }

  private windowViewOf(conversation: ConversationEntity): WindowView {
    return toWindowView(windowOf(conversation), this.ratePolicy.windowRule('v1.1'), this.clock.now());
  }

  private async channelsOf(conversations: readonly ConversationEntity[]): Promise<Map<string, Channel>> {
    const channels = await this.channels.findByIds([...new Set(conversations.map((conversation) => conversation.channelId))]);
    return new Map(channels.map((channel) => [channel.id, channel]));
  }
}

function atName(username: string | null): string | null {
  return username === null ? null : `@${username}`;
}
