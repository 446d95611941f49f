import { Module } from '@nestjs/common';
import { TeamEventsModule } from '../callbacks/event/team-events.module.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { MessagingModule } from '../messaging/messaging.module.js';
import { JobRunsModule } from '../operations/job-runs.module.js';
import { RatePolicyModule } from '../rate-policy/rate-policy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { WebhookModule } from '../webhook/webhook.module.js';
import { CleanUpJob } from './clean-up.job.js';
import { ParticipantErasure } from './participant-erasure.service.js';
import { ParticipantsController } from './participants.controller.js';

/** What is kept how long, and what is erased when somebody asks. */
@Module({
  imports: [TeamEventsModule, ChannelsModule, MessagingModule, JobRunsModule, RatePolicyModule, UsageModule, WebhookModule],
  controllers: [ParticipantsController],
  providers: [CleanUpJob, ParticipantErasure],
})
export class RetentionModule {}
