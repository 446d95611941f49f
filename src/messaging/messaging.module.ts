import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CallbacksModule } from '../callbacks/callbacks.module.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { RatePolicyModule } from '../rate-policy/rate-policy.module.js';
import { XApiModule } from '../x-api/x-api.module.js';
import { AttemptEntity } from './attempt.entity.js';
import { ConversationEntity } from './conversation.entity.js';
import { ConversationsController } from './conversations.controller.js';
import { Conversations } from './conversations.service.js';
import { Departure } from './departure.service.js';
import { Dispatcher } from './dispatcher.service.js';
import { EchoMatching } from './echo-matching.service.js';
import { ExpiredWindowsJob } from './expired-windows.job.js';
import { Expiry } from './expiry.service.js';
import { IncomingMessages } from './incoming-messages.service.js';
import { LimitRelease } from './limit-release.service.js';
import { MessageEntity } from './message.entity.js';
import { MessageAnswers } from './message-answers.service.js';
import { MessageQueries } from './message-queries.service.js';
import { MessagesController } from './messages.controller.js';
import { OutgoingMessages } from './outgoing-messages.service.js';
import { Outbox } from './outbox.service.js';
import { ReadReceipts } from './read-receipts.service.js';
import { SendCheck } from './send-check.service.js';
import { SendDecisions } from './send-decisions.service.js';
import { Sending } from './sending.service.js';
import { Settlement } from './settlement.service.js';
import { WindowCharges } from './window-charges.service.js';
import { WindowEvents } from './window-events.service.js';

/** Conversations, and messages in both directions. */
@Module({
  imports: [TypeOrmModule.forFeature([ConversationEntity, MessageEntity, AttemptEntity]), CallbacksModule, ChannelsModule, RatePolicyModule, XApiModule],
  controllers: [MessagesController, ConversationsController],
  providers: [
    Conversations,
    Departure,
    Dispatcher,
    EchoMatching,
    ExpiredWindowsJob,
    Expiry,
    IncomingMessages,
    LimitRelease,
    MessageAnswers,
    MessageQueries,
    OutgoingMessages,
    Outbox,
    ReadReceipts,
    SendCheck,
    SendDecisions,
    Sending,
    Settlement,
    WindowCharges,
    WindowEvents,
  ],
  exports: [IncomingMessages, ExpiredWindowsJob],
})
export class MessagingModule {}
