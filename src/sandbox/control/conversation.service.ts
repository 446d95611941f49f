import type { Ambient } from '../ambient.service.js';
import type { DeliveryService } from '../delivery/delivery.service.js';
import { readActivity, typingActivity } from '../events/activity-envelope.js';
import { conversationIdOfChat, type EncryptedMessage, xaaChat, xaaRead, xaaTyping } from '../events/xaa-envelope.js';
import { WEB_APP } from '../seeds.js';
import type { DeliveryRecord } from '../world/ledger.service.js';
import type { MessageExchange } from '../world/message-exchange.service.js';
import type { Account, Charge, Message } from '../world/model.js';
import type { AllowanceView } from '../world/reply-allowance.js';
import type { World } from '../world/world.service.js';
import type { ChangeFeed } from './change-feed.service.js';
import type { EncryptedBody, MessageBody, RelationBody } from './control.dto.js';
import { ControlError } from './control-error.js';
import type { PeopleService } from './people.service.js';

export interface WrittenMessage {
  eventId: string;
  createdTimestamp: string;
  /** What the webhook said to the first try; null when nobody was told. */
  delivery: { status: number | null; ms: number } | null;
}

export interface ConversationView {
  brand: string;
  participant: string;
  now: number;
  messages: readonly Message[];
  window: AllowanceView & { nextSendCountsAs: Charge };
}

/** What people do on their phones. */
export class ConversationService {
  constructor(
    private readonly world: World,
    private readonly people: PeopleService,
    private readonly exchange: MessageExchange,
    private readonly delivery: DeliveryService,
    private readonly feed: ChangeFeed,
    private readonly ambient: Ambient,
  ) {}

  view(brandId: string, participantId: string): ConversationView {
    this.people.getAccount(brandId);
    this.people.getAccount(participantId);
    const now = this.ambient.now();
    const window = this.world.allowance(brandId, participantId).view(now);
    return {
      brand: brandId,
      participant: participantId,
      now,
      messages: this.world.listConversation(brandId, participantId),
      window: { ...window, nextSendCountsAs: window.remaining > 0 ? 'allowance' : 'limit' },
    };
  }

  /** Someone writes with X's own client, participant or brand. */
  async write(senderId: string, role: Account['role'], body: MessageBody): Promise<WrittenMessage> {
    const [sender, recipient] = [this.people.getAccount(senderId, role), this.people.getAccount(body.to)];
    if (this.world.isBlocking(recipient.id, sender.id)) throw new ControlError(409, `@${recipient.screenName} has blocked @${sender.screenName}`);
    if (body.text === '' && body.photo !== true && body.media === undefined) throw new ControlError(400, 'A message needs a text or a photo');
    const now = this.ambient.now();
    const createdAt = body.createdAt ?? now;
    const message = this.exchange.write(
      {
        createdAt,
        senderId: sender.id,
        recipientId: recipient.id,
        text: body.text,
        sourceAppId: WEB_APP.id,
        quickReplyMetadata: body.quickReplyMetadata ?? null,
        photo: this.photoOf(body, createdAt),
      },
      now,
    );
    const written = { eventId: message.id, createdTimestamp: String(message.createdAt) };
    if (body.deliver === false) return { ...written, delivery: null };
    const first = await this.deliver(message, role);
    if (body.deliver === 'twice') await this.deliver(message, role);
    return { ...written, delivery: first };
  }

  /** Someone writes in X's encrypted chat: X keeps nothing that it could show, and tells of it in X Activity only. */
  async writeEncrypted(senderId: string, role: Account['role'], { to, createdAt = this.ambient.now() }: EncryptedBody): Promise<WrittenMessage> {
    const [sender, recipient] = [this.people.getAccount(senderId, role), this.people.getAccount(to)];
    const message: EncryptedMessage = { id: uuidOf(this.ambient.randomBytes(16)), createdAt, senderId: sender.id, conversationId: conversationIdOfChat(sender.id, recipient.id) };
    const about = { eventId: message.id, body: null };
    const [received, sent] = await Promise.all([
      this.delivery.tell({ ...about, kind: 'message', forUserId: recipient.id, participantId: sender.id, xaa: xaaChat(false, message) }),
      this.delivery.tell({ ...about, kind: 'echo', forUserId: sender.id, participantId: recipient.id, xaa: xaaChat(true, message) }),
    ]);
    const first = (role === 'brand' ? sent : received)[0];
    return { eventId: message.id, createdTimestamp: String(createdAt), delivery: first === undefined ? null : { status: first.status, ms: first.ms } };
  }

  private photoOf({ photo, media }: MessageBody, createdAt: number): Message['photo'] {
    if (media === undefined && photo !== true) return null;
    const fileName = (media?.kind ?? 'photo') === 'photo' ? 'Qx7LmN2p.jpg' : 'Qx7LmN2p.mp4';
    return { mediaId: this.world.snowflakes.create(createdAt), fileName, ...media };
  }

  /** Tells the webhooks of a message, once more if they were told before. */
  async redeliver(eventId: string): Promise<WrittenMessage> {
    const message = this.world.findMessage(eventId);
    if (message === null) throw new ControlError(404, `No message ${eventId}`);
    const role = this.people.getAccount(message.senderId).role;
    return { eventId, createdTimestamp: String(message.createdAt), delivery: await this.deliver(message, role) };
  }

  async type(participantId: string, { brand }: RelationBody): Promise<void> {
    const [sender, recipient] = [this.people.getAccount(participantId), this.people.getAccount(brand)];
    const body = typingActivity(this.ambient.now(), sender, recipient);
    await this.delivery.tell({ kind: 'typing', forUserId: brand, participantId, eventId: null, body, xaa: xaaTyping(this.ambient.now(), sender, recipient) });
  }

  /** Reads the brand's messages up to one of them, or up to the last. */
  async read(participantId: string, { brand, eventId }: RelationBody): Promise<void> {
    const [sender, recipient] = [this.people.getAccount(participantId), this.people.getAccount(brand)];
    const last = this.world.listConversation(brand, participantId).findLast((message) => message.senderId === brand);
    const lastReadId = eventId ?? last?.id;
    if (lastReadId === undefined) throw new ControlError(409, 'There is nothing to read');
    const now = this.ambient.now();
    this.world.markRead(brand, participantId, lastReadId, now);
    this.feed.publish({ type: 'read', brand, participant: participantId });
    const body = readActivity(now, sender, recipient, lastReadId);
    await this.delivery.tell({ kind: 'read', forUserId: brand, participantId, eventId: null, body, xaa: xaaRead(now, sender, recipient, lastReadId) });
  }

  /** The delivery of interest: a participant's message to the brand, or the echo of what a brand wrote. */
  private async deliver(message: Message, senderRole: Account['role']): Promise<WrittenMessage['delivery']> {
    const [received, echoed] = await Promise.all([this.exchange.deliverToRecipient(message), this.exchange.deliverEcho(message)]);
    const first: DeliveryRecord | undefined = (senderRole === 'brand' ? echoed : received)[0];
    return first === undefined ? null : { status: first.status, ms: first.ms };
  }
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
