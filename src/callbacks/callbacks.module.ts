import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { CallbackHealth } from './callback/callback-health.service.js';
import { CallbackSecrets } from './callback/callback-secrets.service.js';
import { CallbacksController } from './callback/callbacks.controller.js';
import { Callbacks } from './callback/callbacks.service.js';
import { Deliverer } from './delivery/deliverer.service.js';
import { DeliveriesController } from './delivery/deliveries.controller.js';
import { Deliveries } from './delivery/deliveries.service.js';
import { DeliveryAttempts } from './delivery/delivery-attempts.service.js';
import { DeliveryBook } from './delivery/delivery-book.service.js';
import { DeliveryMetrics } from './delivery/delivery-metrics.service.js';
import { Redeliveries } from './delivery/redeliveries.service.js';
import { TestDeliveries } from './delivery/test-deliveries.service.js';
import { EventFeed } from './event/event-feed.service.js';
import { EventStreams } from './event/event-streams.service.js';
import { EventsController } from './event/events.controller.js';
import { TeamEventsModule } from './event/team-events.module.js';
import { ReceiverCalls } from './outbound/receiver-calls.service.js';
import { ReceiverUrls } from './outbound/receiver-urls.service.js';

/** How teams are told: their callbacks, the deliveries to them, and the feed. */
@Module({
  imports: [TeamEventsModule, ChannelsModule, AccessModule, OutboundModule],
  controllers: [CallbacksController, DeliveriesController, EventsController],
  providers: [CallbackHealth, CallbackSecrets, Callbacks, Deliverer, Deliveries, DeliveryAttempts, DeliveryBook, DeliveryMetrics, EventFeed, EventStreams, ReceiverCalls, ReceiverUrls, Redeliveries, TestDeliveries],
})
export class CallbacksModule {}
