import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { MessagesApi, type SentMessage, type XAttachments } from './messages-api.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import { readLimits } from './x-limits.js';
import type { XCredentials } from './x-credentials.js';

const sentSchema = z.object({
  event: z.object({ id: z.string().regex(/^\d+$/), created_timestamp: z.string().regex(/^\d+$/) }),
});

/** Direct messages over v1.1: `direct_messages/events/new.json`. */
@Injectable()
export class MessagesV1 extends MessagesApi {
  constructor(private readonly x: XClient) {
    super();
  }

  override async sendText(credentials: XCredentials, participantId: string, text: string, isInTime?: () => boolean, attached: XAttachments = {}): Promise<SentMessage> {
    const event = {
      event: {
        type: 'message_create',
        message_create: { target: { recipient_id: participantId }, message_data: { text, ...toMessageParts(attached) } },
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
}

/** As X takes it in messages and welcome messages. */
export function toMessageParts({ quickReplies, buttons, xMediaId }: XAttachments): object {
  return {
    ...(xMediaId === undefined || xMediaId === null ? {} : { attachment: { type: 'media', media: { id: xMediaId } } }),
    ...(quickReplies === undefined ? {} : { quick_reply: { type: 'options', options: quickReplies } }),
    ...(buttons === undefined ? {} : { ctas: buttons.map(({ label, url }) => ({ type: 'web_url', label, url })) }),
  };
}
