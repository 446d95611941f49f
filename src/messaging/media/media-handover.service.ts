import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChannelCredentials } from '../../channels/credentials/channel-credentials.service.js';
import { ChannelCredits } from '../../channels/credits/channel-credits.service.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { findRow } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { XMedia } from '../../media/x-media.service.js';
import { Log } from '../../runtime/log.service.js';
import { Randomness } from '../../runtime/randomness.service.js';
import { Timers } from '../../runtime/timers.service.js';
import type { XUploadProgress } from '../../x-api/media-uploads-v1.service.js';
import { isPaymentRequired, XFailure } from '../../x-api/x-failure.js';
import { ConversationEntity } from '../conversation/conversation.entity.js';
import { MessageEntity } from '../message/message.entity.js';
import { MessageStepEntity } from '../message/message-step.entity.js';
import { MessageSteps } from '../message/message-steps.service.js';
import { Outbox } from '../outbox/outbox.service.js';
import { classifySendFailure, retryDelayMs } from '../outbox/send-outcome.js';
import { Settlement } from '../outbox/settlement.service.js';

/** A message whose turn it is, and whose upload X does not have. */
type Waiting = Pick<MessageEntity, 'id' | 'conversationId' | 'channelId' | 'content'>;

/**
 * Hands the uploads of messages to X before the messages leave. Meanwhile a message is `queued` with its next try ahead, so that what comes
 * after it for the same participant waits, and nobody else: no claim and no place at X is held. Its instance moves the next try on; when
 * it dies the time comes, the message is claimed by whoever is there, and its upload begins anew, which X does not mind.
 */
@Injectable()
export class MediaHandover implements BeforeApplicationShutdown {
  private readonly under = new Map<string, { over: AbortController; ended: Promise<void> }>();
  private readonly waiting: (() => void)[] = [];
  private free: number;

  constructor(
    private readonly media: XMedia,
    private readonly credentials: ChannelCredentials,
    private readonly credits: ChannelCredits,
    private readonly outbox: Outbox,
    private readonly settlement: Settlement,
    private readonly steps: MessageSteps,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly randomness: Randomness,
    private readonly log: Log,
    @InjectSettings('media') private readonly settings: Settings['media'],
  ) {
    this.free = settings.uploadConcurrency;
  }

  async beforeApplicationShutdown(): Promise<void> {
    const all = [...this.under.values()];
    all.forEach(({ over }) => over.abort());
    this.waiting.splice(0).forEach((go) => go());
    await Promise.allSettled(all.map(({ ended }) => ended));
  }

  /**
   * What a claimed message may leave with: X’s id of its upload, or null where it carries none. Undefined when X does not have the upload
   * ready: the message is put back then, and the upload begins. In the unit of work in which it would leave.
   */
  async whatToCarry(manager: EntityManager, message: MessageEntity): Promise<string | null | undefined> {
    const { id, channelId, content } = message;
    if (!isUpload(content)) {
      return null;
    }
    const xMediaId = await this.media.find(manager, content.media.id, [id, channelId]);
    if (xMediaId !== null) {
      return xMediaId;
    }
    await this.outbox.putBack(manager, message, this.clock.now() + this.settings.leaseMs, null);
    this.unitOfWork.afterCommit(() => this.begin(message));
    return undefined;
  }

  private begin(message: Waiting): void {
    if (!this.under.has(message.id)) {
      const over = new AbortController();
      const ended = this.run(message, over)
        .catch((error: unknown) => this.log.error('An upload could not be handed to X or settled', { messageId: message.id }, error))
        .finally(() => this.under.delete(message.id));
      this.under.set(message.id, { over, ended });
    }
  }

  private async run(message: Waiting, over: AbortController): Promise<void> {
    let progress: XUploadProgress = { sentBytes: 0, isProcessing: false };
    let told = -1;
    const renewal = this.timers.every(this.settings.leaseMs / 3, () => {
      const { sentBytes, isProcessing } = progress;
      void this.whileQueued(message, async (manager, queued) => {
        await manager.update(MessageEntity, { id: queued.id }, { nextAttemptAt: this.clock.now() + this.settings.leaseMs });
        if (sentBytes !== told) {
          told = sentBytes;
          await this.steps.note(manager, queued.id, { kind: 'media-handed-over', sentBytes, state: isProcessing ? 'processing' : 'uploading' });
        }
      })
        .then((isQueued) => (isQueued ? undefined : over.abort()))
        .catch((error: unknown) => this.log.error('An upload’s claim could not be renewed', { messageId: message.id }, error));
    });
    try {
      await this.takePlace();
      await this.handOver(message, over.signal, (now) => (progress = now));
    } finally {
      renewal.cancel();
      this.free += 1;
      this.waiting.shift()?.();
    }
  }

  private async takePlace(): Promise<void> {
    if (this.free <= 0) {
      await new Promise<void>((go) => this.waiting.push(go));
    }
    this.free -= 1;
  }

  private async handOver(message: Waiting, over: AbortSignal, report: (progress: XUploadProgress) => void): Promise<void> {
    const uploadId = message.content.media?.id ?? '';
    try {
      over.throwIfAborted();
      const uploaded = await this.media.handOver(uploadId, await this.credentials.get(message.channelId), over, report);
      await this.whileQueued(message, async (manager, queued) => {
        await this.media.keep(manager, uploaded, uploaded.isShared ? message.channelId : message.id);
        await manager.update(MessageEntity, { id: queued.id }, { nextAttemptAt: this.clock.now() });
        await this.steps.note(manager, queued.id, { kind: 'media-handed-over', sentBytes: uploaded.sizeBytes, state: 'ready' });
      });
    } catch (error) {
      await this.whileQueued(message, (manager, queued, conversation) => this.settleFailure(manager, queued, conversation, error, over.aborted));
    }
  }

  private async settleFailure(manager: EntityManager, message: MessageEntity, conversation: ConversationEntity, error: unknown, isOver: boolean): Promise<void> {
    const { id } = message;
    if (isOver) {
      await manager.update(MessageEntity, { id }, { nextAttemptAt: this.clock.now() });
      return;
    }
    const x = error instanceof XFailure ? error.answer : null;
    const tries = 1 + (await manager.countBy(MessageStepEntity, { messageId: id, kind: 'media-put-off' }));
    if (error instanceof XFailure && isPaymentRequired(error)) {
      const stop = await this.credits.noteRefusal(message.channelId, { by: 'media', messageId: id }, error);
      await this.outbox.putBack(manager, message, stop?.retryAt ?? this.clock.now(), 'credits-depleted');
      return;
    }
    // Nothing was sent: what is unknown of an upload is only that it has to be done again.
    const isDefinite = error instanceof XFailure && classifySendFailure(error).kind === 'failed';
    if (isDefinite || tries >= this.settings.uploadTries) {
      const detail = x?.detail ?? 'The file could not be read.';
      await this.settlement.markEnded(manager, conversation, message, { status: 'failed', failure: { code: isDefinite ? 'message.media-refused' : 'message.media-not-uploaded', detail, x } }, null);
      return;
    }
    this.log.warn('An upload is tried again later', { messageId: id, tries, xStatus: x?.status ?? null, reason: x === null ? String(error) : null });
    await this.steps.note(manager, id, { kind: 'media-put-off', x });
    await manager.update(MessageEntity, { id }, { nextAttemptAt: this.clock.now() + retryDelayMs(tries, this.randomness.fraction()) });
  }

  /** Under the conversation's lock, as long as the message waits for this; false when it does not any more. */
  private whileQueued({ id, conversationId }: Waiting, work: (manager: EntityManager, message: MessageEntity, conversation: ConversationEntity) => Promise<void>): Promise<boolean> {
    return this.unitOfWork.run(async (manager) => {
      const conversation = await findRow(manager, ConversationEntity, { id: conversationId }, true);
      const message = conversation === null ? null : await manager.findOneBy(MessageEntity, { id });
      if (conversation === null || message?.status !== 'queued') {
        return false;
      }
      await work(manager, message, conversation);
      await this.outbox.turnNow(manager, conversationId);
      return true;
    });
  }
}

function isUpload(content: MessageEntity['content']): content is MessageEntity['content'] & { media: NonNullable<MessageEntity['content']['media']> } {
  return content.media?.id.startsWith('med_') === true;
}
