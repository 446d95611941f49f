import { z } from 'zod';
import { pageOf, pageQuery, timestampSchema } from '../../http/schemas.dto.js';
import { toTimestamp, toTimestampOrNull } from '../../kernel/clock.js';
import { DELIVERY_STATUSES, type DeliveryEntity } from './delivery.entity.js';

const example = {
  id: 'dlv_01m81mk9t2f4c7qzr5w8x0b3ne',
  callbackId: 'cbk_01m81mk9t2f4c7qzr5w8x0b3ne',
  eventId: 'evt_01m81mk9t2f4c7qzr5w8x0b3ne',
  eventType: 'message.received',
  channelId: 'chn_01m81mm3kzadxvtgak2mv71gjh',
  status: 'pending',
  attempts: [{ at: '2026-11-26T12:00:00.104Z', status: 503, detail: null, durationMs: 41 }],
  nextAttemptAt: '2026-11-26T12:00:05.000Z',
  createdAt: '2026-11-26T12:00:00.000Z',
  endedAt: null,
};

export const deliverySchema = z
  .object({
    id: z.string(),
    callbackId: z.string(),
    eventId: z.string().describe('The `webhook-id` of the call, the same in each attempt.'),
    eventType: z.string(),
    channelId: z.string().nullable(),
    status: z.enum(DELIVERY_STATUSES).describe('`failed`: given up; it can be redelivered.'),
    attempts: z
      .array(z.object({ at: z.string(), status: z.number().int().nullable().describe('What the receiver answered.'), detail: z.string().nullable().describe('Why there is no answer.'), durationMs: z.number().int() }))
      .describe('The newest 20, oldest first.'),
    nextAttemptAt: z.string().nullable(),
    createdAt: z.string(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'Delivery', example });

export const deliveryPageSchema = pageOf('DeliveryPage', deliverySchema, [example]);

export const deliveryQuerySchema = z.strictObject({
  ...pageQuery,
  callbackId: z.string().max(100).optional().describe('Only those of this callback.'),
  eventId: z.string().max(100).optional().describe('Only those of this event.'),
  status: z.enum(DELIVERY_STATUSES).optional().describe('Only those that have it now.'),
});

export const redeliverRangeSchema = z
  .strictObject({
    since: timestampSchema.describe('Events from then on.'),
    until: timestampSchema.optional().describe('Events before then; all since, when left out.'),
  })
  .meta({ id: 'RedeliverRange', example: { since: '2026-11-26T00:00:00.000Z', until: '2026-11-26T12:00:00.000Z' } });

export const redeliveredSchema = z
  .object({ redelivered: z.number().int().describe('How many events are delivered now: those that had failed, and those of which the callback was not told.') })
  .meta({ id: 'Redelivered', example: { redelivered: 212 } });

export type DeliveryDto = z.infer<typeof deliverySchema>;
export type DeliveryQuery = z.infer<typeof deliveryQuerySchema>;
export type RedeliverRange = z.infer<typeof redeliverRangeSchema>;

export function toDeliveryDto(delivery: DeliveryEntity): DeliveryDto {
  const { id, callbackId, eventId, eventType, channelId, status, attempts } = delivery;
  return {
    id,
    callbackId,
    eventId,
    eventType,
    channelId,
    status,
    attempts: attempts.map(({ at, ...attempt }) => ({ at: toTimestamp(at), ...attempt })),
    nextAttemptAt: toTimestampOrNull(delivery.nextAttemptAt),
    createdAt: toTimestamp(delivery.createdAt),
    endedAt: toTimestampOrNull(delivery.endedAt),
  };
}
