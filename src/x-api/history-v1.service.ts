import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { parseDirectMessage } from './direct-message-v1.js';
import type { HistoryPage } from './message-history.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { readLimits } from './x-limits.js';

/** The most that X gives at once. */
const PAGE = 50;

const historySchema = z.object({ events: z.array(z.unknown()), next_cursor: z.string().optional() });

/** `direct_messages/events/list.json`: one-to-one messages of the last 30 days. Those that we do not understand are left out. */
@Injectable()
export class HistoryV1 {
  constructor(private readonly x: XClient) {}

  async list(credentials: XCredentials, cursor: string | null): Promise<HistoryPage> {
    const query = { count: String(PAGE), ...(cursor === null ? {} : { cursor }) };
    const response = await this.x.asAccount(credentials, (client) => client.v1.get<unknown>('direct_messages/events/list.json', query, { fullResponse: true }));
    const { events, next_cursor: next } = parseAnswer(historySchema, response.data);
    return { api: 'v1.1', told: events.length, messages: events.map(parseDirectMessage).filter((message) => message !== null), next: next ?? null, limits: readLimits(response.headers) };
  }
}
