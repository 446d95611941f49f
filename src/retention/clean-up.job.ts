import { Injectable } from '@nestjs/common';
import { EventRetention } from '../callbacks/event/event-retention.service.js';
import { Authorizations } from '../channels/authorization/authorizations.service.js';
import { EventFlow } from '../channels/health/event-flow.service.js';
import { Idempotency } from '../http/idempotency.service.js';
import { Erasures } from '../messaging/erasure/erasures.service.js';
import { MessageRetention } from '../messaging/erasure/message-retention.service.js';
import { UploadRetention } from '../messaging/media/upload-retention.service.js';
import { LimitBook } from '../rate-policy/limit-book.service.js';
import { StartPermissions } from '../rate-policy/start-permissions.service.js';
import { UsageLog } from '../usage/usage-log.service.js';
import { RawEvents } from '../webhook/raw-events.service.js';
import { JobRuns } from '../operations/job-runs.service.js';

/** Removes what was kept long enough. */
@Injectable()
export class CleanUpJob {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly jobRuns: JobRuns,
    private readonly limits: LimitBook,
    private readonly startPermissions: StartPermissions,
    private readonly authorizations: Authorizations,
    private readonly eventFlow: EventFlow,
    private readonly usage: UsageLog,
    private readonly messages: MessageRetention,
    private readonly uploads: UploadRetention,
    private readonly rawEvents: RawEvents,
    private readonly events: EventRetention,
    private readonly erasures: Erasures,
  ) {}

  async run(): Promise<Record<string, number>> {
    return {
      idempotencyKeys: await this.idempotency.forgetExpired(),
      jobRuns: await this.jobRuns.forgetOld(),
      limitUses: await this.limits.forgetOld(),
      startPermissions: await this.startPermissions.forgetOld(),
      authorizations: await this.authorizations.forgetOld(),
      usage: await this.usage.compact(),
      channelHours: await this.eventFlow.forgetOld(),
      messages: await this.messages.forgetOld(),
      ...(await this.uploads.forgetOld()),
      webhookEvents: await this.rawEvents.forgetOld(),
      ...(await this.events.forgetOld()),
      erasures: await this.erasures.forgetOld(),
    };
  }
}
