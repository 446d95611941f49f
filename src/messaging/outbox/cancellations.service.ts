import { Injectable } from '@nestjs/common';
import type { Viewer } from '../../access/caller.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Problem } from '../../kernel/problem.js';
import { Conversations } from '../conversation/conversations.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { MessageQueries } from '../message/message-queries.service.js';
import { NOT_YET_SENT_STATUSES, toPublicStatus } from '../message/message-status.js';
import { Dispatcher } from './dispatcher.service.js';
import { Settlement } from './settlement.service.js';

/** Takes back messages that have not left. */
@Injectable()
export class Cancellations {
  constructor(
    private readonly queries: MessageQueries,
    private readonly conversations: Conversations,
    private readonly settlement: Settlement,
    private readonly unitOfWork: UnitOfWork,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** Once it returns, X is never given the message. Does nothing when it is cancelled already. @throws Problem `message.not-found`, `message.already-sent` */
  async cancel(viewer: Viewer, id: string): Promise<void> {
    const { conversationId } = await this.queries.get(viewer, id);
    await this.unitOfWork.run(async (manager) => {
      const conversation = await this.conversations.lockById(manager, conversationId);
      const message = await manager.findOneByOrFail(MessageEntity, { id });
      if (message.status === 'cancelled') {
        return;
      }
      if (!NOT_YET_SENT_STATUSES.includes(message.status)) {
        throw new Problem('message.already-sent', `The message is ${toPublicStatus(message.status)}: only one that is queued or held can be cancelled.`);
      }
      await this.settlement.markEnded(manager, conversation, message, { status: 'cancelled' }, null);
      this.unitOfWork.afterCommit(() => this.dispatcher.wake());
    });
  }
}
