import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type TeamEvent, TeamEvents } from '../../callbacks/event/team-events.service.js';
import type { Channel } from '../../channels/channel.js';
import { RowWrites } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { type ReplyWindow, windowAfterInbound } from '../../rate-policy/reply-window.js';
import { Ids } from '../../runtime/ids.service.js';
import type { XDirectMessage } from '../../x-api/direct-message.js';
import { UsageLog } from '../../usage/usage-log.service.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { Conversations, windowOf } from '../conversation/conversations.service.js';
import { Dispatcher } from '../outbox/dispatcher.service.js';
import { EchoMatching } from '../unknown/echo-matching.service.js';
import { MessageEvents } from '../message/message-events.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { ReadReceipts } from '../conversation/read-receipts.service.js';
import { Erasures } from '../erasure/erasures.service.js';
import { WindowCharges } from '../window/window-charges.service.js';
import { WindowEvents } from '../window/window-events.service.js';
import { changeBy, mayBeErased, type Profile, receivedBy, toMessageRow, toStorable } from './recorded-message.service.js';


/**
 * Records what X tells of messages, in the running unit of work. X may tell of the same message twice, late or out of order:
 * its id decides, so that it has one effect.
 */
@Injectable()
export class IncomingMessages {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly conversations: Conversations,
    private readonly echoes: EchoMatching,
    private readonly charges: WindowCharges,
    private readonly readReceipts: ReadReceipts,
    private readonly windowEvents: WindowEvents,
    private readonly messageEvents: MessageEvents,
    private readonly teamEvents: TeamEvents,
    private readonly usage: UsageLog,
    private readonly erasures: Erasures,
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** For an event that tells of several: nobody else writes to their conversations until the unit of work ends. */
  async lock(told: readonly { channel: Channel; participantId: string }[]): Promise<void> {
    await this.conversations.lockAll(told.map(({ channel, participantId }) => ({ channelId: channel.id, participantId })));
  }

  /** A message to the channel, or the echo of one that the channel's account sent; X tells of both in events (`echo`) and in its history, where we look for a message of ours (`look-up`) or for all that we missed (`recovery`). */
  async record(channel: Channel, told: XDirectMessage, profiles: ReadonlyMap<string, Profile>, by: 'echo' | 'look-up' | 'recovery' = 'echo'): Promise<void> {
    // A time in the future counts as now.
    const message = { ...told, createdAt: Math.min(told.createdAt, this.clock.now()) };
    const isOutbound = message.senderId === channel.accountId;
    const participantId = isOutbound ? message.recipientId : message.senderId;
    const profile = profiles.get(participantId);
    const isRecovered = by === 'recovery';
    await this.unitOfWork.run(async (manager) => {
      const conversation = await this.conversations.lock(channel, {
        id: participantId,
        ...toStorable(profile),
      });
      if (mayBeErased(conversation, message.createdAt, this.clock.now()) && (await this.erasures.findErased(manager, [{ channelId: channel.id, participantId, at: message.createdAt }])).size > 0) {
        await (conversation.lastSeq === 0 ? manager.delete(ConversationEntity, { id: conversation.id }) : undefined);
        return;
      }
      if (await manager.existsBy(MessageEntity, { channelId: channel.id, xMessageId: message.xMessageId })) {
        return;
      }
      if (!isOutbound) {
        await this.recordInbound(manager, channel, conversation, message, isRecovered);
      } else if (await this.echoes.settle(manager, channel, conversation, message, by === 'echo' ? 'echo' : 'look-up')) {
        // What waited for it may go.
        this.unitOfWork.afterCommit(() => this.dispatcher.wake());
      } else {
        await this.recordSentElsewhere(manager, channel, conversation, message, isRecovered);
      }
    });
  }

  /** The participant has read everything up to a message. */
  async recordRead(
    channel: Channel,
    read: { participantId: string; lastReadMessageId: string; readAt: Instant },
  ): Promise<void> {
    await this.readReceipts.record(channel.id, read);
  }

  private async recordInbound(
    manager: EntityManager,
    channel: Channel,
    conversation: ConversationEntity,
    message: XDirectMessage,
    isRecovered: boolean,
  ): Promise<void> {
    const before = windowOf(conversation);
    const opened = windowAfterInbound(before, message.createdAt, this.clock.now());
    let window = before;
    const events: TeamEvent[] = [];
    if (opened !== null && opened !== before) {
      const charged = await this.charges.chargeAnew(manager, channel, conversation.id, opened, message.xMessageId);
      window = charged.window;
      events.push(...this.windowEvents.replaced(conversation, window));
      if (charged.isSomethingFreed) {
        this.unitOfWork.afterCommit(() => this.dispatcher.wake());
      }
    } else {
      await this.charges.chargePast(manager, channel, conversation.id, message.createdAt, message.xMessageId);
    }
    await this.insert(manager, channel, conversation, window, message, { direction: 'inbound', source: 'participant', status: 'received', isRecovered }, events);
    if (!isRecovered) {
      const writes = new RowWrites(manager);
      this.usage.add(writes, [receivedBy(channel, this.clock.now())]);
      await writes.flush();
    }
  }

  private async recordSentElsewhere(
    manager: EntityManager,
    channel: Channel,
    conversation: ConversationEntity,
    message: XDirectMessage,
    isRecovered: boolean,
  ): Promise<void> {
    const { window, chargedWindow, isOfThePast } = await this.charges.chargeSentElsewhere(manager, channel, conversation.id, windowOf(conversation), {
      at: message.createdAt,
      xMessageId: message.xMessageId,
    });
    await this.insert(manager, channel, conversation, window, message, {
      direction: 'outbound',
      source: 'elsewhere',
      status: 'sent',
      sentAt: message.createdAt,
      chargedWindow,
      isRecovered,
    });
    if (isOfThePast) {
      await this.charges.chargeAround(manager, channel, conversation.id, message.createdAt);
    }
  }

  /** The message, and the conversation as it stands with it; `before` is what the teams are told of first. */
  private async insert(
    manager: EntityManager,
    channel: Channel,
    conversation: ConversationEntity,
    window: ReplyWindow | null,
    message: XDirectMessage,
    own: Pick<MessageEntity, 'direction' | 'source' | 'status'> & Partial<MessageEntity>,
    before: readonly TeamEvent[] = [],
  ): Promise<void> {
    const row = Object.assign(toMessageRow(this.ids.create('msg'), conversation, message, this.clock.now()), own);
    const change = changeBy(conversation, window, message.createdAt);
    await manager.insert(MessageEntity, row);
    await manager.update(ConversationEntity, { id: conversation.id }, change);
    const type = own.direction === 'inbound' ? 'message.received' : 'message.sent';
    await this.teamEvents.tell([...before, this.messageEvents.of(type, row, { ...conversation, ...change }, channel, message.createdAt)]);
  }
}
