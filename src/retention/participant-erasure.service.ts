import { Injectable } from '@nestjs/common';
import { AuditLog } from '../access/audit-log.service.js';
import type { Viewer } from '../access/caller.js';
import { EventRetention } from '../callbacks/event/event-retention.service.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Idempotency } from '../http/idempotency.service.js';
import { Problem } from '../kernel/problem.js';
import { X_ID_PATTERN } from '../kernel/x-id.js';
import { ErasedMessages } from '../messaging/erasure/erased-messages.service.js';
import { StartPermissions } from '../rate-policy/start-permissions.service.js';
import { Log } from '../runtime/log.service.js';
import { RawEvents } from '../webhook/raw-events.service.js';
import { WebhookProcessor } from '../webhook/webhook-processor.service.js';

/** Erases a person: everywhere that anything of them is kept. */
@Injectable()
export class ParticipantErasure {
  constructor(
    private readonly audit: AuditLog,
    private readonly channels: ChannelDirectory,
    private readonly processor: WebhookProcessor,
    private readonly messages: ErasedMessages,
    private readonly events: EventRetention,
    private readonly permissions: StartPermissions,
    private readonly idempotency: Idempotency,
    private readonly rawEvents: RawEvents,
    private readonly unitOfWork: UnitOfWork,
    private readonly log: Log,
  ) {}

  /**
   * Messages in both directions, the conversation, what teams were told of it and how, kept answers to requests, X's events as they
   * came. Repeating it is harmless. @throws Problem `channel.not-found`, `request.invalid`, `participant.message-under-way`
   */
  async erase(viewer: Viewer, channelId: string, participantId: string): Promise<void> {
    const channel = await this.channels.get(viewer, channelId);
    if (!X_ID_PATTERN.test(participantId)) {
      throw new Problem('request.invalid', 'The participant is named by an X user id.', { errors: [{ pointer: '/number', code: 'invalid', detail: 'Must be a number in decimal digits.' }] });
    }
    // What waits would be taken in after it.
    await this.processor.processBacklog();
    const messages = await this.unitOfWork.run(async (manager) => {
      const erased = await this.messages.eraseParticipant(manager, channelId, participantId);
      await (erased.conversationId === null ? undefined : this.events.erase(manager, erased.conversationId));
      await this.permissions.forget(manager, channelId, participantId);
      // Of whom, the log does not keep either.
      await this.audit.note('participant.erased', channelId);
      await this.idempotency.forgetAnswers(viewer.team, erased.messageIds.map((id) => `/v1/messages/${id}`));
      return erased.messageIds.length;
    });
    let rawEvents = 0;
    for (const { webhookKey } of [channel, ...channel.formerLines]) {
      rawEvents += await this.rawEvents.eraseNaming(webhookKey, participantId);
    }
    this.log.log('A participant was erased', { channelId, messages, rawEvents });
  }
}
