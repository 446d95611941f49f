import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessGuard } from './access.guard.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeys } from './api-keys.service.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { KeyUses } from './key-uses.service.js';
import { RequestRates } from './request-rates.service.js';
import { FirstKey } from './first-key.service.js';

/** Who may do what. Denies every operation that does not name its scope. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity]), ChannelsModule],
  controllers: [ApiKeysController],
  providers: [ApiKeys, FirstKey, KeyUses, RequestRates, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [ApiKeys],
})
export class AccessModule {}
