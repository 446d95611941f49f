import { Injectable } from '@nestjs/common';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';

/** What a person sees besides messages, over v1.1: that the account types, and that it has read. X counts 1,000 of each in 15 minutes. */
@Injectable()
export class ConversationSignsV1 {
  constructor(private readonly x: XClient) {}

  /** X shows it for about 3 s. @throws XFailure */
  async showTyping(credentials: XCredentials, participantId: string): Promise<void> {
    await this.x.asAccount(credentials, (client) => client.v1.post<unknown>('direct_messages/indicate_typing.json', { recipient_id: participantId }, { fullResponse: true }));
  }

  /** Everything of the participant's up to the message. @throws XFailure */
  async markRead(credentials: XCredentials, participantId: string, lastMessageId: string): Promise<void> {
    const read = { last_read_event_id: lastMessageId, recipient_id: participantId };
    await this.x.asAccount(credentials, (client) => client.v1.post<unknown>('direct_messages/mark_read.json', read, { fullResponse: true }));
  }
}
