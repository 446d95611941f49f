import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { parseDirectMessageV2, parseMedia } from './direct-message-v2.js';
import type { HistoryPage } from './message-history.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { readLimits } from './x-limits.js';

/** The most that X gives at once. */
const PAGE = 100;

/** Without these X gives id, kind and text alone. */
const FIELDS = {
  event_types: 'MessageCreate',
  'dm_event.fields': 'id,text,event_type,created_at,dm_conversation_id,sender_id,attachments,entities',
  expansions: 'attachments.media_keys',
  'media.fields': 'type,url,variants,preview_image_url',
};

const historySchema = z.object({
  // X leaves the list out when there is nothing.
  data: z.array(z.unknown()).default([]),
  includes: z.object({ media: z.unknown() }).partial().optional(),
  meta: z.object({ next_token: z.string().optional(), result_count: z.number().default(0) }),
})
  // Else what was not told would be taken for not there.
  .refine(({ data, meta }) => data.length >= meta.result_count, { path: ['data'] });

/** `/2/dm_events`: messages of the last 30 days, groups among them, which are left out. */
@Injectable()
export class HistoryV2 {
  constructor(private readonly x: XClient) {}

  async list(credentials: XCredentials, token: string | null): Promise<HistoryPage> {
    const query = { max_results: String(PAGE), ...FIELDS, ...(token === null ? {} : { pagination_token: token }) };
    const response = await this.x.asAccount(credentials, (client) => client.v2.get<unknown>('dm_events', query, { fullResponse: true }));
    const { data, includes, meta } = parseAnswer(historySchema, response.data);
    const media = parseMedia(includes?.media);
    return {
      api: 'v2',
      told: data.length,
      messages: data.map((event) => parseDirectMessageV2(event, media)).filter((message) => message !== null),
      next: meta.next_token ?? null,
      limits: readLimits(response.headers),
    };
  }
}
