import type { Ambient } from '../ambient.service.js';
import { DEFAULT_FAULT_DELAY_MS, type Fault } from '../control/fault.js';
import type { FaultBook } from '../control/fault-book.service.js';
import { shortLink } from '../events/message-text.js';
import type { MediaStore } from '../world/media-store.js';
import type { Ledger } from '../world/ledger.service.js';
import type { MessageExchange } from '../world/message-exchange.service.js';
import type { Account, Charge, Message } from '../world/model.js';
import { decideSendPermission, type SendPermission } from '../world/send-permission.js';
import type { World } from '../world/world.service.js';
import type { MessageRequest } from './message-request.js';
import type { RateLimits, SendFamily } from './rate-limits.service.js';
import { refuse } from './x-error.js';
import type { UserCaller } from './x-route.js';

export interface AcceptedSend {
  message: Message;
  /** To be run once the answer has left. */
  deliverEcho: () => void;
}

/** X takes a direct message from an app: may it, what does it count as, and who is told. */
export class SendService {
  constructor(
    private readonly world: World,
    private readonly exchange: MessageExchange,
    private readonly limits: RateLimits,
    private readonly faults: FaultBook,
    private readonly ledger: Ledger,
    private readonly ambient: Ambient,
    private readonly store: MediaStore,
  ) {}

  async send(caller: UserCaller, request: MessageRequest, family: SendFamily = 'send'): Promise<AcceptedSend> {
    const { account, app } = caller;
    const recipient = this.world.accounts.get(request.recipientId) ?? refuse('recipientNotFound');
    if (account.isSuspended) refuse('senderSuspended');
    const permission = permissionToSend(this.world, account, recipient);
    if (permission !== 'allowed') refuse(permission);
    const at = this.ambient.now();
    const countedAgainst = this.charge(caller, recipient.id, family);
    const message = this.exchange.write(
      {
        createdAt: at,
        senderId: account.id,
        recipientId: recipient.id,
        text: request.text,
        sourceAppId: app.id,
        quickReply: request.quickReply,
        ctas: request.ctas?.map((cta) => ({ ...cta, tcoUrl: shortLink(`${cta.url} ${at}`) })) ?? null,
        countedAgainst,
        photo: request.mediaId === null ? null : this.attach(request.mediaId),
      },
      at,
    );
    this.ledger.addSend({ eventId: message.id, brand: account.id, participant: recipient.id, text: request.text, at, countedAgainst, ...(request.mediaId === null ? {} : { mediaId: request.mediaId }) });
    const fault = this.faults.take('echo', recipient.id);
    if (fault?.kind === 'echo-before-answer') await this.exchange.deliverEcho(message);
    return { message, deliverEcho: () => void this.deliverLater(message, fault) };
  }

  /** What was uploaded. An id that nobody uploaded is taken for a photo's. */
  private attach(mediaId: string): Message['photo'] {
    const contentType = this.store.find(mediaId)?.contentType ?? 'image/jpeg';
    const kind = contentType.startsWith('video/') ? 'video' : contentType === 'image/gif' ? 'animated_gif' : 'photo';
    return kind === 'photo' ? { mediaId, fileName: 'sent.jpg' } : { mediaId, fileName: 'sent.mp4', kind };
  }

  /** One of the five free replies, or else a place in the limits of both the account and the app. */
  private charge({ account, app }: UserCaller, recipientId: string, family: SendFamily): Charge {
    const at = this.ambient.now();
    if (this.world.allowance(account.id, recipientId).take(at)) return 'allowance';
    if (!this.limits.hasRoomToday(family, account.id, app.id, at)) refuse('rateLimited');
    this.limits.countToday(family, account.id, app.id, at);
    return 'limit';
  }

  private async deliverLater(message: Message, fault: Fault | null): Promise<void> {
    const toRecipient = this.exchange.deliverToRecipient(message);
    if (fault?.kind === 'echo-late') await this.exchange.pause(fault.delayMs ?? DEFAULT_FAULT_DELAY_MS);
    const isDue = fault?.kind !== 'echo-drop' && fault?.kind !== 'echo-before-answer';
    if (isDue) await this.exchange.deliverEcho(message);
    if (fault?.kind === 'echo-twice') await this.exchange.deliverEcho(message);
    await toRecipient;
  }
}

export function permissionToSend(world: World, sender: Account, recipient: Account): SendPermission {
  return decideSendPermission({
    isRecipientSuspended: recipient.isSuspended,
    isBlocked: world.isBlocking(recipient.id, sender.id) || world.isBlocking(sender.id, recipient.id),
    hasRecipientWritten: world.hasWritten(recipient.id, sender.id),
    isFollowedByRecipient: world.isFollowing(recipient.id, sender.id),
    receivesFrom: recipient.receivesFrom,
  });
}
