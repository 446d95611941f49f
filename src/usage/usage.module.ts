import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChannelsModule } from '../channels/channels.module.js';
import { DailyCapEntity } from './daily-cap.entity.js';
import { UsageAnswers } from './usage-answers.service.js';
import { UsageController } from './usage.controller.js';
import { UsageEntryEntity } from './usage-entry.entity.js';
import { UsageLog } from './usage-log.service.js';

/** What X may charge for: counted, priced, and kept within a channel's cap. */
@Module({
  imports: [TypeOrmModule.forFeature([DailyCapEntity, UsageEntryEntity]), ChannelsModule],
  controllers: [UsageController],
  providers: [UsageAnswers, UsageLog],
  exports: [UsageLog],
})
export class UsageModule {}
