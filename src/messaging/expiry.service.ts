import { Injectable } from '@nestjs/common';
import { In, IsNull, LessThanOrEqual } from 'typeorm';
import { Reader } from '../database/reader.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { RatePolicy } from '../rate-policy/rate-policy.service.js';
import { ConversationEntity } from './conversation.entity.js';
import { Conversations } from './conversations.service.js';
import { MessageEntity } from './message.entity.js';
import { WAITING_STATUSES } from './message-status.js';
import { Settlement } from './settlement.service.js';

/** How many messages one run expires at most; the next run goes on. */
const BATCH = 500;

/** What time alone brings to an end. */
@Injectable()
export class Expiry {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly conversations: Conversations,
    private readonly settlement: Settlement,
    private readonly ratePolicy: RatePolicy,
    private readonly clock: Clock,
  ) {}

  /** Notes windows that are over. Returns how many. */
  async closeWindows(): Promise<number> {
    const now = this.clock.now();
    const openedUntil = now - this.ratePolicy.windowRule('v1.1').windowMs;
    const closed = await this.unitOfWork.run((manager) =>
      manager.update(
        ConversationEntity,
        { windowOpenedAt: LessThanOrEqual(openedUntil), windowClosedAt: IsNull() },
        { windowClosedAt: now },
      ),
    );
    return closed.affected ?? 0;
  }

  /** Expires waiting messages past their `validUntil`, giving back what they took of a window. Returns how many. */
  async expireMessages(): Promise<number> {
    const now = this.clock.now();
    const due = { status: In([...WAITING_STATUSES]), validUntil: LessThanOrEqual(now) };
    const found = await this.reader.repository(MessageEntity).find({ where: due, take: BATCH });
    let expired = 0;
    for (const { id, conversationId } of found) {
      await this.unitOfWork.run(async (manager) => {
        const conversation = await this.conversations.lockById(manager, conversationId);
        const message = await manager.findOneBy(MessageEntity, { id, ...due });
        if (message !== null) {
          await this.settlement.markEnded(manager, conversation, message, { status: 'expired' });
          expired += 1;
        }
      });
    }
    return expired;
  }
}
