import { Injectable } from '@nestjs/common';
import { AccountActivityPremium } from './account-activity-premium.service.js';
import { AccountsV1 } from './accounts-v1.service.js';
import type { EventsApi } from './events-api.js';
import type { MessagesApi } from './messages-api.js';
import { MessagesV1 } from './messages-v1.service.js';

/** The generations of event delivery that this build speaks. */
export type EventsApiName = 'account-activity-premium';
/** The generations of direct messages that this build speaks. */
export type MessagesApiName = 'v1.1';

/** X, in whichever generation a channel uses. */
@Injectable()
export class XApi {
  private readonly eventsApis: Record<EventsApiName, EventsApi>;
  private readonly messagesApis: Record<MessagesApiName, MessagesApi>;

  constructor(
    readonly accounts: AccountsV1,
    premium: AccountActivityPremium,
    messagesV1: MessagesV1,
  ) {
    this.eventsApis = { 'account-activity-premium': premium };
    this.messagesApis = { 'v1.1': messagesV1 };
  }

  events(name: EventsApiName): EventsApi {
    return this.eventsApis[name];
  }

  messages(name: MessagesApiName): MessagesApi {
    return this.messagesApis[name];
  }
}
