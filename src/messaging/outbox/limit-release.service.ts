import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { nextPlaceAt } from '../../rate-policy/limit.js';
import { LimitBook, type LimitParties } from '../../rate-policy/limit-book.service.js';
import { LimitPlaces } from '../../rate-policy/limit-places.service.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { MessageEntity } from '../message/message.entity.js';
import { become } from '../message/message-status.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { Outbox } from './outbox.service.js';
import { waitingForPlace } from './waiting-for-place.service.js';

/** Most messages that one look lets go; another look follows at once. */
const BATCH = 100;

/**
 * Gives places in the limits to messages that wait for one, in their order: replies first, then what starts a conversation,
 * each as they were accepted. So many as there are places, so that nothing is claimed in vain.
 */
@Injectable()
export class LimitRelease {
  constructor(
    private readonly directory: ChannelDirectory,
    private readonly book: LimitBook,
    private readonly places: LimitPlaces,
    private readonly outbox: Outbox,
    private readonly steps: MessageSteps,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Looks at the accounts that are due. Returns how many messages may go. */
  async run(): Promise<number> {
    let released = 0;
    for (const accountId of await this.places.listDue()) {
      const channel = await this.directory.findByAnyAccount(accountId);
      if (channel === null) {
        await this.unitOfWork.run((manager) => this.places.noteLook(manager, accountId, null));
      } else {
        released += await this.release(await this.book.partiesOf(channel));
      }
    }
    return released;
  }

  private release(parties: LimitParties): Promise<number> {
    return this.unitOfWork.run(async (manager) => {
      const open = await this.book.lock(parties);
      const free = Math.min(BATCH, ...open.states.map(({ available }) => available));
      const first = free === 0 ? [] : await this.lockFirst(manager, parties.channel.id, free);
      let limits = open;
      for (const message of first) {
        limits = { ...limits, states: await this.places.take(manager, limits, message.id) };
        await manager.update(
          MessageEntity,
          { id: message.id },
          { status: become(message.status, 'queued'), charge: 'rate-limit', heldBecause: null, heldUntil: null, nextAttemptAt: this.clock.now() },
        );
        await this.steps.note(manager, message.id, { kind: 'released' });
        await this.steps.note(manager, message.id, { kind: 'charged', charge: 'rate-limit' });
        await this.outbox.turnNow(manager, message.conversationId);
      }
      const isAnyLeft = await waitingForPlace(manager, parties.channel.id, this.clock.now()).getExists();
      await this.places.noteLook(manager, parties.channel.accountId, isAnyLeft ? { at: nextPlaceAt(limits.states, this.clock.now()) } : null);
      return first.length;
    });
  }

  private lockFirst(manager: EntityManager, channelId: string, count: number): Promise<MessageEntity[]> {
    const query = waitingForPlace(manager, channelId, this.clock.now())
      .orderBy('message.startsConversation', 'ASC')
      .addOrderBy('message.id', 'ASC')
      .limit(count);
    if (manager.connection.options.type === 'postgres') {
      // With their conversations, whose turn changes. One that an inbound message is freeing at this moment is not waited for: whoever frees it may wait for these limits.
      query.innerJoin(ConversationEntity, 'conversation', 'conversation.id = message.conversationId').setLock('pessimistic_write').setOnLocked('skip_locked');
    }
    return query.getMany();
  }
}
