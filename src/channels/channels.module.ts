import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { XApiModule } from '../x-api/x-api.module.js';
import { ChannelEntity } from './channel.entity.js';
import { ChannelAnswers } from './channel-answers.service.js';
import { ChannelConnection } from './connection/channel-connection.service.js';
import { ChannelCredentials } from './credentials/channel-credentials.service.js';
import { ChannelDirectory } from './channel-directory.service.js';
import { ChannelSecretEntity } from './credentials/channel-secret.entity.js';
import { ChannelsController } from './channels.controller.js';
import { Channels } from './channels.service.js';
import { ConsumerSecrets } from './credentials/consumer-secrets.service.js';
import { DeclaredChannels } from './declared-channels.service.js';
import { SubscriptionCheckJob } from './connection/subscription-check.job.js';
import { Recoveries } from './recovery/recoveries.service.js';
import { RecoveryEntity } from './recovery/recovery.entity.js';
import { WebhookRegistration } from './connection/webhook-registration.service.js';
import { XCallBudgetEntity } from './x-calls/x-call-budget.entity.js';
import { XCallBudgets } from './x-calls/x-call-budgets.service.js';

/** Whom we act for, with which credentials, and whether the line to X stands. */
@Module({
  imports: [TypeOrmModule.forFeature([ChannelEntity, ChannelSecretEntity, RecoveryEntity, XCallBudgetEntity]), XApiModule],
  controllers: [ChannelsController],
  providers: [
    ChannelAnswers,
    ChannelConnection,
    ChannelCredentials,
    ChannelDirectory,
    Channels,
    ConsumerSecrets,
    DeclaredChannels,
    Recoveries,
    SubscriptionCheckJob,
    WebhookRegistration,
    XCallBudgets,
  ],
  exports: [ChannelConnection, ChannelCredentials, ChannelDirectory, ConsumerSecrets, Recoveries, SubscriptionCheckJob, XCallBudgets],
})
export class ChannelsModule {}
