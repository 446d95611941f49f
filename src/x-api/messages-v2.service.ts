import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { MessagesApi, type SentMessage } from './messages-api.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { timeOfXId } from './x-id-time.js';
import { readLimits } from './x-limits.js';

const sentSchema = z.object({ data: z.object({ dm_event_id: z.string().regex(/^\d{1,19}$/) }) });

/** Direct messages over v2: `/2/dm_conversations/with/:participant_id/messages`, with the account's tokens of OAuth 1.0a. */
@Injectable()
export class MessagesV2 extends MessagesApi {
  constructor(private readonly x: XClient) {
    super();
  }

  override async sendText(credentials: XCredentials, participantId: string, text: string, isInTime?: () => boolean): Promise<SentMessage> {
    const response = await this.x.asAccount(
      credentials,
      (client) =>
        client.v2.post<unknown>('dm_conversations/with/:participant/messages', { text }, {
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
