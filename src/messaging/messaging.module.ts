import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TeamEventsModule } from '../callbacks/event/team-events.module.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { RatePolicyModule } from '../rate-policy/rate-policy.module.js';
import { XApiModule } from '../x-api/x-api.module.js';
import { Acceptance } from './acceptance/acceptance.service.js';
import { AttemptEntity } from './message/attempt.entity.js';
import { ConversationEntity } from './conversation/conversation.entity.js';
import { ConversationSigns } from './conversation/conversation-signs.service.js';
import { ConversationSignsController } from './conversation-signs.controller.js';
import { ConversationsController } from './conversations.controller.js';
import { Conversations } from './conversation/conversations.service.js';
import { Departure } from './outbox/departure.service.js';
import { Handover } from './outbox/handover.service.js';
import { SendAnswers } from './outbox/send-answers.service.js';
import { Dispatcher } from './outbox/dispatcher.service.js';
import { ErasedMessages } from './erasure/erased-messages.service.js';
import { ErasureEntity } from './erasure/erasure.entity.js';
import { Erasures } from './erasure/erasures.service.js';
import { MessageRetention } from './erasure/message-retention.service.js';
import { EchoMatching } from './unknown/echo-matching.service.js';
import { ExpiredWindowsJob } from './window/expired-windows.job.js';
import { Expiry } from './window/expiry.service.js';
import { IncomingMessages } from './incoming/incoming-messages.service.js';
import { PlainInbound } from './incoming/plain-inbound.service.js';
import { ChannelRelease } from './outbox/channel-release.service.js';
import { LimitRelease } from './outbox/limit-release.service.js';
import { Cancellations } from './outbox/cancellations.service.js';
import { HistoryRecovery } from './recovery/history-recovery.service.js';
import { MissedMessages } from './recovery/missed-messages.service.js';
import { RecoveryJob } from './recovery/recovery.job.js';
import { LookUps } from './unknown/look-ups.service.js';
import { MessageTimelines } from './message/message-timelines.service.js';
import { Resolutions } from './unknown/resolutions.service.js';
import { UnknownMessagesJob } from './unknown/unknown-messages.job.js';
import { XHistory } from './unknown/x-history.service.js';
import { LostClaims } from './outbox/lost-claims.service.js';
import { MessageStepEntity } from './message/message-step.entity.js';
import { MessageSteps } from './message/message-steps.service.js';
import { MessageEntity } from './message/message.entity.js';
import { MessageAnswers } from './message-answers.service.js';
import { MessageEvents } from './message/message-events.service.js';
import { MessageQueries } from './message/message-queries.service.js';
import { MessageOutcomeController } from './message-outcome.controller.js';
import { MessagesController } from './messages.controller.js';
import { OutgoingMessages } from './acceptance/outgoing-messages.service.js';
import { Outbox } from './outbox/outbox.service.js';
import { ReadReceipts } from './conversation/read-receipts.service.js';
import { SendCheck } from './acceptance/send-check.service.js';
import { SendDecisions } from './acceptance/send-decisions.service.js';
import { SendObstacles } from './acceptance/send-obstacles.service.js';
import { Sending } from './outbox/sending.service.js';
import { SentUsage } from './outbox/sent-usage.service.js';
import { Settlement } from './outbox/settlement.service.js';
import { Typing } from './conversation/typing.service.js';
import { WelcomeMessageController } from './welcome/welcome-message.controller.js';
import { WelcomeMessageEntity } from './welcome/welcome-message.entity.js';
import { WelcomeMessages } from './welcome/welcome-messages.service.js';
import { WindowCharges } from './window/window-charges.service.js';
import { WindowEvents } from './window/window-events.service.js';
import { MediaModule } from '../media/media.module.js';
import { MediaFilesController } from './media/media-files.controller.js';
import { OutgoingContent } from './acceptance/outgoing-content.service.js';
import { MediaHandover } from './media/media-handover.service.js';
import { UploadRetention } from './media/upload-retention.service.js';
import { ErasedMedia } from './media/erased-media.service.js';
import { MediaSweep } from './media/media-sweep.service.js';
import { MessageMedia } from './media/message-media.service.js';
import { UploadUseEntity } from './media/upload-use.entity.js';

/** Conversations, and messages in both directions. */
@Module({
  imports: [TypeOrmModule.forFeature([ConversationEntity, MessageEntity, AttemptEntity, MessageStepEntity, ErasureEntity, UploadUseEntity, WelcomeMessageEntity]), TeamEventsModule, ChannelsModule, MediaModule, RatePolicyModule, UsageModule, XApiModule],
  controllers: [MessagesController, MessageOutcomeController, ConversationsController, ConversationSignsController, MediaFilesController, WelcomeMessageController],
  providers: [
    Acceptance,
    Cancellations,
    Conversations,
    ConversationSigns,
    Departure,
    Dispatcher,
    EchoMatching,
    ErasedMedia,
    MediaHandover,
    OutgoingContent,
    UploadRetention,
    ErasedMessages,
    Erasures,
    MediaSweep,
    MessageRetention,
    ExpiredWindowsJob,
    Expiry,
    Handover,
    HistoryRecovery,
    IncomingMessages,
    PlainInbound,
    ChannelRelease,
    LimitRelease,
    LookUps,
    LostClaims,
    MessageAnswers,
    MessageEvents,
    MessageMedia,
    MessageQueries,
    MessageSteps,
    MessageTimelines,
    MissedMessages,
    OutgoingMessages,
    Outbox,
    ReadReceipts,
    RecoveryJob,
    Resolutions,
    SendAnswers,
    SendCheck,
    SendDecisions,
    SendObstacles,
    SentUsage,
    Sending,
    Settlement,
    Typing,
    WelcomeMessages,
    WindowCharges,
    UnknownMessagesJob,
    WindowEvents,
    XHistory,
  ],
  exports: [UploadRetention, ErasedMessages, Erasures, MessageRetention, IncomingMessages, PlainInbound, Typing, ExpiredWindowsJob, RecoveryJob, UnknownMessagesJob],
})
export class MessagingModule {}
