import { Module } from '@nestjs/common';
import { AccountActivityEnterprise } from './account-activity-enterprise.service.js';
import { AccountActivityPremium } from './account-activity-premium.service.js';
import { AccountActivityV2 } from './account-activity-v2.service.js';
import { AccountsV1 } from './accounts-v1.service.js';
import { ConversationSignsV1 } from './conversation-signs-v1.service.js';
import { HistoryV1 } from './history-v1.service.js';
import { HistoryV2 } from './history-v2.service.js';
import { MediaUploadsV1 } from './media-uploads-v1.service.js';
import { MediaDownloads } from './media-downloads.service.js';
import { MessageHistory } from './message-history.service.js';
import { MessagesV1 } from './messages-v1.service.js';
import { MessagesV2 } from './messages-v2.service.js';
import { Relationships } from './relationships.service.js';
import { RelationshipsV1 } from './relationships-v1.service.js';
import { RelationshipsV2 } from './relationships-v2.service.js';
import { SignIn } from './sign-in.service.js';
import { WelcomeMessagesV1 } from './welcome-messages-v1.service.js';
import { XActivity } from './x-activity.service.js';
import { XApi } from './x-api.service.js';
import { XClient } from './x-client.service.js';
import { XConnection } from './x-connection.service.js';

/** X behind one port. It knows X and none of our rooms. */
@Module({
  providers: [
    XApi, XActivity, XClient, XConnection, AccountsV1, AccountActivityPremium, AccountActivityEnterprise, AccountActivityV2, MediaDownloads, MediaUploadsV1, MessagesV1, MessagesV2,
    HistoryV1, HistoryV2, MessageHistory, Relationships, RelationshipsV1, RelationshipsV2, SignIn, ConversationSignsV1, WelcomeMessagesV1,
  ],
  exports: [XApi],
})
export class XApiModule {}
