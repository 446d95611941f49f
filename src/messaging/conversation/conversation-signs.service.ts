import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import type { Viewer } from '../../access/caller.js';
import type { Channel } from '../../channels/channel.js';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { assertFeature } from '../../channels/channel-features.js';
import { assertNotRevoked } from '../../channels/channel-refused.js';
import { ChannelCredentials } from '../../channels/credentials/channel-credentials.service.js';
import { ChannelCredits } from '../../channels/credits/channel-credits.service.js';
import { toXProblem } from '../../channels/x-problem.js';
import { Reader } from '../../database/reader.service.js';
import { Problem } from '../../kernel/problem.js';
import type { MessagesFeature } from '../../x-api/messages-features.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { XCredentials } from '../../x-api/x-credentials.js';
import { MessageEntity } from '../message/message.entity.js';
import { Conversations } from './conversations.service.js';

/** Shows the participant that the channel types or has read. Said to X at once, and not again: it is worth nothing later. */
@Injectable()
export class ConversationSigns {
  constructor(
    private readonly conversations: Conversations,
    private readonly channels: ChannelDirectory,
    private readonly credentials: ChannelCredentials,
    private readonly credits: ChannelCredits,
    private readonly x: XApi,
    private readonly reader: Reader,
  ) {}

  /** @throws Problem `conversation.not-found`, `channel.not-supported`, or what X says */
  async showTyping(viewer: Viewer, conversationId: string): Promise<void> {
    const { participantId, channelId } = await this.conversations.get(viewer, conversationId);
    await this.tell(channelId, 'typing', (credentials) => this.x.signs.showTyping(credentials, participantId));
  }

  /** Up to the newest message of the participant's that we have; does nothing where there is none. @throws Problem as `showTyping` does */
  async markRead(viewer: Viewer, conversationId: string): Promise<void> {
    const { participantId, channelId } = await this.conversations.get(viewer, conversationId);
    const newest = await this.reader.repository(MessageEntity).findOne({
      select: { id: true, xMessageId: true },
      where: { conversationId, direction: 'inbound', xMessageId: Not(IsNull()) },
      // By X's time: one that we learn of late need not be the newest.
      order: { xCreatedAt: 'DESC', seq: 'DESC' },
    });
    const lastMessageId = newest?.xMessageId ?? null;
    await this.tell(channelId, 'read-receipts', async (credentials) => {
      await (lastMessageId === null ? undefined : this.x.signs.markRead(credentials, participantId, lastMessageId));
    });
  }

  private async tell(channelId: string, feature: MessagesFeature, call: (credentials: XCredentials) => Promise<void>): Promise<void> {
    const channel = await this.getChannel(channelId);
    assertFeature(channel, feature);
    assertNotRevoked(channel);
    const credentials = await this.credentials.get(channel.id);
    await this.credits.noticing(channel, 'signs', () => call(credentials)).catch((error: unknown) => {
      throw toXProblem(error);
    });
  }

  /** What a deleted channel left can be read; nobody acts for it any more. */
  private async getChannel(id: string): Promise<Channel> {
    const channel = await this.channels.findById(id);
    if (channel === null) {
      throw new Problem('channel.not-found', 'The conversation’s channel was deleted.');
    }
    return channel;
  }
}
