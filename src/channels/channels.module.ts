import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TeamEventsModule } from '../callbacks/event/team-events.module.js';
import { AuthorizationEntity } from './authorization/authorization.entity.js';
import { AuthorizationsController } from './authorization/authorizations.controller.js';
import { Authorizations } from './authorization/authorizations.service.js';
import { SignIns } from './authorization/sign-ins.service.js';
import { AccountCheck } from './connection/account-check.service.js';
import { ChannelStates } from './connection/channel-states.service.js';
import { ConnectionTurnEntity } from './connection/connection-turn.entity.js';
import { ConnectionTurns } from './connection/connection-turns.service.js';
import { FormerLines } from './connection/former-lines.service.js';
import { LineCheck } from './connection/line-check.service.js';
import { Subscriptions } from './connection/subscriptions.service.js';
import { WebhookCalls } from './connection/webhook-calls.service.js';
import { WebhookEntity } from './connection/webhook.entity.js';
import { WebhookSightings } from './connection/webhook-sightings.service.js';
import { Webhooks } from './connection/webhooks.service.js';
import { SecretRotation } from './credentials/secret-rotation.service.js';
import { ChannelChecks } from './health/channel-checks.service.js';
import { ChannelHealthController } from './health/channel-health.controller.js';
import { ChannelHealthEntity } from './health/channel-health.entity.js';
import { ChannelHealth } from './health/channel-health.service.js';
import { ChannelHourEntity } from './health/channel-hour.entity.js';
import { EventFlow } from './health/event-flow.service.js';
import { HealthAnswers } from './health/health-answers.service.js';
import { PublicUrlProbe } from './health/public-url-probe.service.js';
import { XApiModule } from '../x-api/x-api.module.js';
import { ChannelEntity } from './channel.entity.js';
import { ChannelAnswers } from './channel-answers.service.js';
import { ChannelConnection } from './connection/channel-connection.service.js';
import { ChannelCredentials } from './credentials/channel-credentials.service.js';
import { ChannelCredits } from './credits/channel-credits.service.js';
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
  imports: [
    TypeOrmModule.forFeature([AuthorizationEntity, ChannelEntity, ChannelHealthEntity, ChannelHourEntity, ChannelSecretEntity, ConnectionTurnEntity, RecoveryEntity, WebhookEntity, XCallBudgetEntity]),
    TeamEventsModule,
    XApiModule,
  ],
  controllers: [AuthorizationsController, ChannelsController, ChannelHealthController],
  providers: [
    AccountCheck,
    Authorizations,
    ChannelAnswers,
    ChannelChecks,
    ChannelConnection,
    ChannelCredentials,
    ChannelCredits,
    ChannelDirectory,
    ChannelHealth,
    ChannelStates,
    Channels,
    ConnectionTurns,
    ConsumerSecrets,
    DeclaredChannels,
    EventFlow,
    FormerLines,
    HealthAnswers,
    LineCheck,
    PublicUrlProbe,
    Recoveries,
    SecretRotation,
    SignIns,
    SubscriptionCheckJob,
    Subscriptions,
    WebhookCalls,
    WebhookRegistration,
    WebhookSightings,
    Webhooks,
    XCallBudgets,
  ],
  exports: [Authorizations, ChannelConnection, ChannelCredentials, ChannelCredits, ChannelDirectory, ConnectionTurns, ConsumerSecrets, EventFlow, Recoveries, SubscriptionCheckJob, WebhookSightings, XCallBudgets],
})
export class ChannelsModule {}
