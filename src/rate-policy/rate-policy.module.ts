import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TeamEventsModule } from '../callbacks/event/team-events.module.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { XApiModule } from '../x-api/x-api.module.js';
import { LimitBook } from './limit-book.service.js';
import { LimitNotices } from './limit-notices.service.js';
import { LimitPlaces } from './limit-places.service.js';
import { LimitSubjectEntity } from './limit-subject.entity.js';
import { LimitUseEntity } from './limit-use.entity.js';
import { LimitsController } from './limits.controller.js';
import { RatePolicy } from './rate-policy.service.js';
import { SendStops } from './send-stops.service.js';
import { StartPermissionEntity } from './start-permission.entity.js';
import { StartPermissions } from './start-permissions.service.js';

/** May we send, at what charge, and if not, when. The rule itself is in the pure files beside this one. */
@Module({
  imports: [TypeOrmModule.forFeature([LimitSubjectEntity, LimitUseEntity, StartPermissionEntity]), TeamEventsModule, ChannelsModule, UsageModule, XApiModule],
  controllers: [LimitsController],
  providers: [LimitBook, LimitNotices, LimitPlaces, RatePolicy, SendStops, StartPermissions],
  exports: [LimitBook, LimitPlaces, RatePolicy, SendStops, StartPermissions],
})
export class RatePolicyModule {}
