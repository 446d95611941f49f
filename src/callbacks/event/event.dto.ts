import { z } from 'zod';
import { toTimestamp } from '../../kernel/clock.js';
import { TEAM_EVENT_TYPES } from './team-event-type.js';
import type { TeamEventEntity } from './team-event.entity.js';

export const eventSchema = z
  .object({
    id: z.string().describe('The same in every repetition: what was taken once need not be taken again.'),
    type: z.enum(TEAM_EVENT_TYPES),
    occurredAt: z.string().describe('When it happened, which may be before we found out.'),
    sequence: z.number().int().nullable().describe('The number of the event in its conversation, from 1; null for what is of none. What comes later has a greater one.'),
    channelId: z.string().nullable(),
    data: z.record(z.string(), z.unknown()).describe('The message, conversation, channel or limit as REST shows it.'),
  })
  .meta({ id: 'Event' });

/** As a callback and the feed tell it. */
export function toEventBody(event: TeamEventEntity): { id: string; type: string; occurredAt: string; sequence: number | null; channelId: string | null; data: unknown } {
  const { id, type, sequence, channelId, data } = event;
  return { id, type, occurredAt: toTimestamp(event.occurredAt), sequence, channelId, data };
}
