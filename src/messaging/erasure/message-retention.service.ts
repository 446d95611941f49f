import { Injectable } from '@nestjs/common';
import { In, LessThan } from 'typeorm';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { DAY_MS } from '../../kernel/duration.js';
import { firstIdAt } from '../../kernel/ids.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { MessageEntity } from '../message/message.entity.js';
import { type MessageStatus } from '../message/message-status.js';
import { ErasedMessages } from './erased-messages.service.js';

/** Messages that are removed with one commit. */
const BATCH = 500;
/** Nothing comes of them any more. */
const ENDED: MessageStatus[] = ['sent', 'read', 'failed', 'expired', 'cancelled', 'received'];

/** Removes messages that were kept for as long as their channel keeps them. */
@Injectable()
export class MessageRetention {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly channels: ChannelDirectory,
    private readonly erased: ErasedMessages,
    private readonly clock: Clock,
    @InjectSettings('retention') private readonly settings: Settings['retention'],
  ) {}

  /** Returns how many. */
  async forgetOld(): Promise<number> {
    let removed = 0;
    for (const channelId of await this.listChannels()) {
      const [channel] = await this.channels.findByIds([channelId]);
      const days = channel?.policy.keepMessagesDays ?? this.settings.messagesDays;
      removed += days === 0 ? 0 : await this.forgetOfChannel(channelId, this.clock.now() - days * DAY_MS);
    }
    return removed;
  }

  /** Also of channels that are gone. */
  private async listChannels(): Promise<string[]> {
    const rows = await this.reader.repository(ConversationEntity).createQueryBuilder('conversation').select('DISTINCT conversation.channelId', 'channelId').getRawMany<{ channelId: string }>();
    return rows.map(({ channelId }) => channelId);
  }

  private async forgetOfChannel(channelId: string, before: number): Promise<number> {
    let removed = 0;
    for (let batch = BATCH; batch === BATCH; removed += batch) {
      batch = await this.unitOfWork.run(async (manager) => {
        const old = await manager.find(MessageEntity, {
          select: { id: true },
          where: { channelId, status: In(ENDED), id: LessThan(firstIdAt('msg', before)) },
          order: { id: 'ASC' },
          take: BATCH,
        });
        await this.erased.delete(manager, old.map(({ id }) => id));
        return old.length;
      });
    }
    await this.unitOfWork.run((manager) =>
      manager
        .createQueryBuilder()
        .delete()
        .from(ConversationEntity)
        .where('channel_id = :channelId AND created_at < :before AND (last_message_at IS NULL OR last_message_at < :before)', { channelId, before })
        .andWhere('NOT EXISTS (SELECT 1 FROM messages WHERE messages.conversation_id = conversations.id)')
        .execute(),
    );
    return removed;
  }
}
