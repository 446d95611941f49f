import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TeamEventEntity } from './team-event.entity.js';
import { TeamEvents } from './team-events.service.js';

/** What we tell the teams. */
@Module({ imports: [TypeOrmModule.forFeature([TeamEventEntity])], providers: [TeamEvents], exports: [TeamEvents] })
export class CallbacksModule {}
