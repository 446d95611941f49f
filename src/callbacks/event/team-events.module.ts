import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CallbackDirectory } from '../callback/callback-directory.service.js';
import { CallbackEntity } from '../callback/callback.entity.js';
import { DeliveryEntity } from '../delivery/delivery.entity.js';
import { NewDeliveries } from '../delivery/new-deliveries.service.js';
import { EventRetention } from './event-retention.service.js';
import { EventSequenceEntity } from './event-sequence.entity.js';
import { EventStreamEntity } from './event-stream.entity.js';
import { Publication } from './publication.service.js';
import { TeamEventEntity } from './team-event.entity.js';
import { TeamEvents } from './team-events.service.js';

/** Writes down what teams are to be told, for every room that causes it, and publishes it. */
@Module({
  imports: [TypeOrmModule.forFeature([TeamEventEntity, EventSequenceEntity, EventStreamEntity, CallbackEntity, DeliveryEntity])],
  providers: [TeamEvents, EventRetention, Publication, CallbackDirectory, NewDeliveries],
  exports: [TeamEvents, EventRetention, Publication, CallbackDirectory, NewDeliveries],
})
export class TeamEventsModule {}
