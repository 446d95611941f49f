import { Injectable } from '@nestjs/common';
import { AccountActivityEnterprise } from './account-activity-enterprise.service.js';
import { AccountActivityPremium } from './account-activity-premium.service.js';
import { AccountActivityV2 } from './account-activity-v2.service.js';
import { AccountsV1 } from './accounts-v1.service.js';
import { ConversationSignsV1 } from './conversation-signs-v1.service.js';
import type { EventsApi } from './events-api.js';
import { MediaUploadsV1 } from './media-uploads-v1.service.js';
import { MediaDownloads } from './media-downloads.service.js';
import { MessageHistory } from './message-history.service.js';
import type { MessagesApi } from './messages-api.js';
import { MessagesV1 } from './messages-v1.service.js';
import { MessagesV2 } from './messages-v2.service.js';
import { Relationships } from './relationships.service.js';
import { SignIn } from './sign-in.service.js';
import { WelcomeMessagesV1 } from './welcome-messages-v1.service.js';
import { XActivity } from './x-activity.service.js';
import type { EventsApiName, MessagesApiName } from './x-generations.js';

/** X, in whichever generation a channel uses. */
@Injectable()
export class XApi {
  private readonly eventsApis: Record<EventsApiName, EventsApi>;
  private readonly messagesApis: Record<MessagesApiName, MessagesApi>;

  constructor(
    readonly accounts: AccountsV1,
    readonly history: MessageHistory,
    readonly mediaDownloads: MediaDownloads,
    readonly mediaUploads: MediaUploadsV1,
    readonly relationships: Relationships,
    readonly signIn: SignIn,
    readonly signs: ConversationSignsV1,
    readonly welcomeMessages: WelcomeMessagesV1,
    premium: AccountActivityPremium,
    enterprise: AccountActivityEnterprise,
    activityV2: AccountActivityV2,
    xActivity: XActivity,
    messagesV1: MessagesV1,
    messagesV2: MessagesV2,
  ) {
    this.eventsApis = { 'account-activity-premium': premium, 'account-activity-enterprise': enterprise, 'account-activity-v2': activityV2, 'x-activity': xActivity };
    this.messagesApis = { 'v1.1': messagesV1, v2: messagesV2 };
  }

  events(name: EventsApiName): EventsApi {
    return this.eventsApis[name];
  }

  messages(name: MessagesApiName): MessagesApi {
    return this.messagesApis[name];
  }
}
