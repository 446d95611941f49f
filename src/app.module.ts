import { type DynamicModule, Module } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { AuditModule } from './access/audit.module.js';
import { CallbacksModule } from './callbacks/callbacks.module.js';
import { ChannelsModule } from './channels/channels.module.js';
import type { LoadedSettings } from './config/load-settings.service.js';
import { SettingsModule } from './config/settings.module.js';
import { DatabaseModule } from './database/database.module.js';
import { HttpModule } from './http/http.module.js';
import type { Clock } from './kernel/clock.js';
import { MediaModule } from './media/media.module.js';
import { MessagingModule } from './messaging/messaging.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { RuntimeModule } from './runtime/runtime.module.js';
import { timetable } from './timetable.js';
import { UsageModule } from './usage/usage.module.js';
import { WebhookModule } from './webhook/webhook.module.js';

/** The whole service, for one set of settings. */
@Module({})
export class AppModule {
  static for(loaded: LoadedSettings, clock?: Clock): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.for(loaded),
        RuntimeModule.with(clock),
        DatabaseModule,
        HttpModule,
        AuditModule,
        AccessModule,
        ChannelsModule,
        WebhookModule,
        MediaModule,
        MessagingModule,
        UsageModule,
        CallbacksModule,
        RetentionModule,
        OperationsModule.with(timetable),
      ],
    };
  }
}
