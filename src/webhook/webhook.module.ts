import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChannelsModule } from '../channels/channels.module.js';
import { MessagingModule } from '../messaging/messaging.module.js';
import { RatePolicyModule } from '../rate-policy/rate-policy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { WebhookController } from './webhook.controller.js';
import { WebhookBacklogJob } from './webhook-backlog.job.js';
import { WebhookEventEntity } from './webhook-event.entity.js';
import { EventEffects } from './event-effects.service.js';
import { PlainEvents } from './plain-events.service.js';
import { RawEvents } from './raw-events.service.js';
import { WebhookInbox } from './webhook-inbox.service.js';
import { WebhookProcessor } from './webhook-processor.service.js';

/** What X tells us: challenged, signed, stored, then made effective. */
@Module({
  imports: [TypeOrmModule.forFeature([WebhookEventEntity]), ChannelsModule, MessagingModule, RatePolicyModule, UsageModule],
  controllers: [WebhookController],
  providers: [EventEffects, PlainEvents, RawEvents, WebhookBacklogJob, WebhookInbox, WebhookProcessor],
  exports: [RawEvents, WebhookBacklogJob, WebhookProcessor],
})
export class WebhookModule {}
