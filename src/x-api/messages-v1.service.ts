import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { parseDirectMessage } from './direct-message-v1.js';
import { type HistoryPage, MessagesApi, type SentMessage } from './messages-api.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import { readLimits } from './x-limits.js';
import type { XCredentials } from './x-credentials.js';

const sentSchema = z.object({
  event: z.object({ id: z.string().regex(/^\d+$/), created_timestamp: z.string().regex(/^\d+$/) }),
});

/** The most that X gives at once. */
const HISTORY_PAGE = 50;

const historySchema = z.object({ events: z.array(z.unknown()), next_cursor: z.string().optional() });

/** Direct messages over v1.1: `direct_messages/events`. */
@Injectable()
export class MessagesV1 extends MessagesApi {
  constructor(private readonly x: XClient) {
    super();
  }

  override async sendText(credentials: XCredentials, participantId: string, text: string, isInTime?: () => boolean): Promise<SentMessage> {
    const event = {
      event: {
        type: 'message_create',
        message_create: { target: { recipient_id: participantId }, message_data: { text } },
      },
    };
    const response = await this.x.asAccount(
      credentials,
      (client) => client.v1.post<unknown>('direct_messages/events/new.json', event, { forceBodyMode: 'json', fullResponse: true }),
      isInTime,
    );
    const sent = parseAnswer(sentSchema, response.data).event;
    return { xMessageId: sent.id, createdAt: Number(sent.created_timestamp), limits: readLimits(response.headers) };
  }

  /** `direct_messages/events/list.json`. Messages that we do not understand are left out. */
  override async listHistory(credentials: XCredentials, cursor: string | null): Promise<HistoryPage> {
    const query = { count: String(HISTORY_PAGE), ...(cursor === null ? {} : { cursor }) };
    const response = await this.x.asAccount(credentials, (client) => client.v1.get<unknown>('direct_messages/events/list.json', query, { fullResponse: true }));
    const { events, next_cursor: next } = parseAnswer(historySchema, response.data);
    return {
      messages: events.map(parseDirectMessage).filter((message) => message !== null),
      next: next ?? null,
      limits: readLimits(response.headers),
    };
  }
}
