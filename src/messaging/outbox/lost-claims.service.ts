import { Injectable } from '@nestjs/common';
import { LessThanOrEqual, Not, IsNull } from 'typeorm';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { Conversations } from '../conversation/conversations.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { become } from '../message/message-status.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { Outbox } from './outbox.service.js';
import { Settlement } from './settlement.service.js';

/** Settles what dispatchers that are gone had claimed: it is open again when nothing was sent, and `unknown` when something may have been. */
@Injectable()
export class LostClaims {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly conversations: Conversations,
    private readonly channels: ChannelDirectory,
    private readonly outbox: Outbox,
    private readonly settlement: Settlement,
    private readonly steps: MessageSteps,
    private readonly clock: Clock,
  ) {}

  /** Looks at leases that have run out; at a start on SQLite (`isAlone`) at all of them, since one process uses the file. */
  async settle(isAlone: boolean): Promise<{ requeued: number; unknown: number }> {
    const lost = { leaseUntil: isAlone ? Not(IsNull()) : LessThanOrEqual(this.clock.now()) };
    const found = await this.reader.repository(ConversationEntity).findBy(lost);
    const counts = { requeued: 0, unknown: 0 };
    for (const { id, fence, channelId } of found) {
      const channel = await this.channels.findById(channelId);
      // Looked at anew under the lock: its owner may be settling it at this very moment, and another claim may have followed.
      await this.unitOfWork.run(async (manager) => {
        const conversation = await this.conversations.lockById(manager, id);
        if (conversation.fence !== fence || conversation.leaseUntil === null) {
          return;
        }
        const message = await manager.findOneBy(MessageEntity, { id: conversation.headId ?? '' });
        if (message?.status === 'claimed') {
          await manager.update(MessageEntity, { id: message.id }, { status: become(message.status, 'queued') });
          await this.steps.note(manager, message.id, { kind: 'claim-lost' });
          counts.requeued += 1;
        } else if (message?.status === 'sending') {
          await this.settlement.markUnknown(manager, channel, message, { detail: 'The service stopped before X’s answer came.' });
          counts.unknown += 1;
        }
        await this.outbox.turnNow(manager, id);
      });
    }
    return counts;
  }
}
