import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { MessagesApi, type SentMessage, type XAttachments } from './messages-api.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { XFailure } from './x-failure.js';
import { timeOfXId } from './x-id-time.js';
import { readLimits } from './x-limits.js';

const sentSchema = z.object({ data: z.object({ dm_event_id: z.string().regex(/^\d{1,19}$/) }) });

/** Direct messages over v2: `/2/dm_conversations/with/:participant_id/messages`, with the account's tokens of OAuth 1.0a. */
@Injectable()
export class MessagesV2 extends MessagesApi {
  constructor(private readonly x: XClient) {
    super();
  }

  override async sendText(credentials: XCredentials, participantId: string, text: string, isInTime?: () => boolean, { xMediaId, quickReplies, buttons }: XAttachments = {}): Promise<SentMessage> {
    // Accepted while the channel was of v1.1. Without what it offers it would be another message.
    if (quickReplies !== undefined || buttons !== undefined) {
      throw new XFailure('answered', { status: 422, code: null, detail: 'X was not asked: its direct messages v2 have neither quick replies nor buttons.' });
    }
    // X wants one of the two at least, and no empty text.
    const body = { ...(text === '' ? {} : { text }), ...(xMediaId === undefined || xMediaId === null ? {} : { attachments: [{ media_id: xMediaId }] }) };
    const response = await this.x.asAccount(
      credentials,
      (client) =>
        client.v2.post<unknown>('dm_conversations/with/:participant/messages', body, {
          params: { participant: participantId },
          forceBodyMode: 'json',
          fullResponse: true,
        }),
      isInTime,
    );
    const { dm_event_id: xMessageId } = parseAnswer(sentSchema, response.data).data;
    // The answer has no time; the id was made at the message's own.
    return { xMessageId, createdAt: timeOfXId(xMessageId), limits: readLimits(response.headers) };
  }
}
