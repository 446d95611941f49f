import { z } from 'zod';
import { CHANNEL_EXAMPLE } from '../../channels/channel.dto.js';
import { pageOf, pageQuery } from '../../http/schemas.dto.js';
import { toTimestamp } from '../../kernel/clock.js';
import { TEAM_EVENT_TYPES } from './team-event-type.js';
import type { TeamEventEntity } from './team-event.entity.js';

const EVENT_EXAMPLE = {
  id: 'evt_01m81mk9t2f4c7qzr5w8x0b3ne',
  type: 'channel.connected',
  occurredAt: '2026-11-26T12:00:00.000Z',
  sequence: null,
  channelId: CHANNEL_EXAMPLE.id,
  data: CHANNEL_EXAMPLE,
};

export const eventSchema = z
  .object({
    id: z.string().describe('The same in every repetition: what was taken once need not be taken again.'),
    type: z.enum(TEAM_EVENT_TYPES),
    occurredAt: z.string().describe('When it happened, which may be before we found out.'),
    sequence: z.number().int().nullable().describe('The number of the event in its conversation, from 1; null for what is of none. What comes later has a greater one.'),
    channelId: z.string().nullable(),
    data: z.record(z.string(), z.unknown()).describe('The message, conversation, channel or limit as REST shows it.'),
  })
  .meta({ id: 'Event', example: EVENT_EXAMPLE });

export const eventPageSchema = pageOf('EventPage', eventSchema, [EVENT_EXAMPLE]);

export const eventQuerySchema = z.strictObject({
  limit: pageQuery.limit,
  after: z.string().max(100).optional().describe('The `id` of the last event that you have; from the oldest, when left out.'),
  channelId: z.string().max(100).optional().describe('Only those of this channel.'),
});

export type EventQuery = z.infer<typeof eventQuerySchema>;

/** As a callback and the feed tell it. */
export function toEventBody(event: TeamEventEntity): { id: string; type: string; occurredAt: string; sequence: number | null; channelId: string | null; data: unknown } {
  const { id, type, sequence, channelId, data } = event;
  return { id, type, occurredAt: toTimestamp(event.occurredAt), sequence, channelId, data };
}
