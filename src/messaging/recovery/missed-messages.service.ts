import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Log } from '../../runtime/log.service.js';
import type { XDirectMessage } from '../../x-api/direct-message.js';
import { IncomingMessages } from '../incoming/incoming-messages.service.js';
import { MessageEntity } from '../message/message.entity.js';

/** Messages that become effective together: conversations are kept from others no longer than that takes. */
const TOGETHER = 10;
/** A message that fails this often is set aside, so that it does not keep those before it waiting for ever. */
const MAX_TRIES = 5;

export interface RecordedPage {
  /** How many were new. */
  found: number;
  /** False when one of them failed and the page has to be tried again. */
  isWhole: boolean;
}

/** Records those of a page of X's history that are not known yet. */
@Injectable()
export class MissedMessages {
  private readonly tries = new Map<string, number>();

  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly incoming: IncomingMessages,
    private readonly log: Log,
  ) {}

  /** In X's order; `messages` are newest first. */
  async record(channel: Channel, messages: readonly XDirectMessage[]): Promise<RecordedPage> {
    const missed = await this.listUnknown(channel, messages);
    const page = { found: 0, isWhole: true };
    for (let from = 0; from < missed.length; from += TOGETHER) {
      const together = missed.slice(from, from + TOGETHER);
      try {
        await this.recordTogether(channel, together);
        page.found += together.length;
      } catch {
        // One of them fails, or PostgreSQL has ended a transaction that crossed another: by itself each does what it can.
        await this.recordEach(channel, together, page);
      }
    }
    return page;
  }

  private async listUnknown(channel: Channel, messages: readonly XDirectMessage[]): Promise<XDirectMessage[]> {
    const known = await this.reader.repository(MessageEntity).find({
      select: { xMessageId: true },
      where: { channelId: channel.id, xMessageId: In(messages.map(({ xMessageId }) => xMessageId)) },
    });
    const knownIds = new Set(known.map(({ xMessageId }) => xMessageId));
    return messages.filter(({ xMessageId }) => !knownIds.has(xMessageId)).reverse();
  }

  private async recordTogether(channel: Channel, missed: readonly XDirectMessage[]): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.incoming.lock(missed.map(({ senderId, recipientId }) => ({ channel, participantId: senderId === channel.accountId ? recipientId : senderId })));
      for (const message of missed) {
        await this.incoming.record(channel, message, new Map(), 'recovery');
      }
    });
  }

  private async recordEach(channel: Channel, missed: readonly XDirectMessage[], page: RecordedPage): Promise<void> {
    for (const message of missed) {
      const { xMessageId } = message;
      const key = `${channel.id} ${xMessageId}`;
      try {
        await this.recordTogether(channel, [message]);
        page.found += 1;
        this.tries.delete(key);
      } catch (error) {
        const tries = (this.tries.get(key) ?? 0) + 1;
        this.tries.set(key, tries);
        this.log.error('A message of X’s history could not be recorded', { channelId: channel.id, xMessageId, tries }, error);
        page.isWhole &&= tries >= MAX_TRIES;
      }
    }
  }
}
