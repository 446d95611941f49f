import type { Instant } from '../../kernel/clock.js';
import type { ChangeFeed } from '../control/change-feed.service.js';
import type { Activity, DeliveryService } from '../delivery/delivery.service.js';
import { messageActivity, type SourceApp } from '../events/activity-envelope.js';
import { messageEvent } from '../events/message-event.js';
import { xaaMessage } from '../events/xaa-envelope.js';
import { WEB_APP } from '../seeds.js';
import type { JsonValue } from '../wire/json-text.js';
import type { DeliveryRecord } from './ledger.service.js';
import type { Account, Message } from './model.js';
import type { World } from './world.service.js';

export type MessageDraft = Pick<Message, 'createdAt' | 'senderId' | 'recipientId' | 'text' | 'sourceAppId'> &
  Partial<Pick<Message, 'quickReply' | 'quickReplyMetadata' | 'ctas' | 'photo' | 'countedAgainst'>>;

/** Writes messages into the world and tells both sides' webhooks of them. */
export class MessageExchange {
  constructor(
    private readonly world: World,
    private readonly delivery: DeliveryService,
    private readonly feed: ChangeFeed,
  ) {}

  write(draft: MessageDraft, now: Instant): Message {
    const id = this.world.snowflakes.create(draft.createdAt);
    const empty = { quickReply: null, quickReplyMetadata: null, ctas: null, photo: null, countedAgainst: null };
    const message: Message = { ...empty, ...draft, id, readAt: null };
    this.world.addMessage(message, now);
    this.feed.publish({ type: 'message', brand: draft.recipientId, participant: draft.senderId });
    return message;
  }

  event(message: Message, isSourceShown: boolean): JsonValue {
    return messageEvent(message, isSourceShown, (screenName) => this.world.findAccountByName(screenName));
  }

  sourceApp(appId: string): SourceApp {
    return this.world.apps.get(appId) ?? { ...WEB_APP, id: appId };
  }

  /** To the recipient's webhooks; the first delivery comes first. */
  deliverToRecipient(message: Message): Promise<DeliveryRecord[]> {
    return this.deliverTo(message, message.recipientId, 'message', message.senderId);
  }

  /** The echo: to the sender's webhooks, with the app it was written with. */
  deliverEcho(message: Message): Promise<DeliveryRecord[]> {
    return this.deliverTo(message, message.senderId, 'echo', message.recipientId);
  }

  /** A wait that counts as work under way. */
  pause(delayMs: number): Promise<void> {
    return this.delivery.pause(delayMs);
  }

  private deliverTo(message: Message, forUserId: string, kind: 'message' | 'echo', participantId: string): Promise<DeliveryRecord[]> {
    const isEcho = kind === 'echo';
    const users = [this.account(message.senderId), this.account(message.recipientId)];
    const body = messageActivity(forUserId, this.event(message, isEcho), users, isEcho ? this.sourceApp(message.sourceAppId) : null);
    const activity: Activity = { kind, forUserId, participantId, eventId: message.id, body, xaa: xaaMessage(isEcho, this.event(message, false), users) };
    return this.delivery.tell(activity);
  }

  private account(id: string): Account {
    const account = this.world.accounts.get(id);
    if (account === undefined) throw new Error(`The sandbox has no account ${id}`);
    return account;
  }
}
