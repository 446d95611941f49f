import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../access/audit-log.service.js';
import type { Viewer } from '../../access/caller.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Problem } from '../../kernel/problem.js';
import { Conversations } from '../conversation/conversations.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { MessageQueries } from '../message/message-queries.service.js';
import { toPublicStatus } from '../message/message-status.js';
import { Dispatcher } from '../outbox/dispatcher.service.js';
import { Settlement } from '../outbox/settlement.service.js';

/** What a caller knows of a message of which we do not know whether X took it. */
export type Resolution = 'sent' | 'not-sent';

/** Settles `unknown` messages by the word of somebody who has looked. If X tells of the message later, its word replaces theirs. */
@Injectable()
export class Resolutions {
  constructor(
    private readonly audit: AuditLog,
    private readonly queries: MessageQueries,
    private readonly conversations: Conversations,
    private readonly settlement: Settlement,
    private readonly unitOfWork: UnitOfWork,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** @throws Problem `message.not-found`, `message.not-unknown` */
  async resolve(viewer: Viewer, id: string, outcome: Resolution): Promise<MessageEntity> {
    const { conversationId } = await this.queries.get(viewer, id);
    return this.unitOfWork.run(async (manager) => {
      const conversation = await this.conversations.lockById(manager, conversationId);
      const message = await manager.findOneByOrFail(MessageEntity, { id });
      if (message.status !== 'unknown') {
        throw new Problem('message.not-unknown', `The message is ${toPublicStatus(message.status)}: only one that is unknown can be resolved.`);
      }
      if (outcome === 'sent') {
        await this.settlement.markSentUnseen(manager, message, 'resolution');
      } else {
        const failure = { code: 'message.resolved-not-sent', detail: 'A caller said that X did not take it.', x: null };
        await this.settlement.markEnded(manager, conversation, message, { status: 'failed', failure }, 'resolution');
      }
      await this.audit.note('message.resolved', id, [outcome]);
      this.unitOfWork.afterCommit(() => this.dispatcher.wake());
      return manager.findOneByOrFail(MessageEntity, { id });
    });
  }
}
