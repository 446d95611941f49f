import { z } from 'zod';
import { pageOf, patchSchema } from '../../http/schemas.dto.js';
import { toTimestamp, toTimestampOrNull } from '../../kernel/clock.js';
import { TEAM_EVENT_TYPES } from '../event/team-event-type.js';
import type { CallbackEntity } from './callback.entity.js';

const urlSchema = z
  .string()
  .max(2_000)
  .describe('Where we call: https, at a public address. An operator can allow others in `callbacks.allowedHosts`.');
const eventsSchema = z
  .array(z.enum([...TEAM_EVENT_TYPES, '*']))
  .min(1)
  .max(TEAM_EVENT_TYPES.length + 1)
  .describe('What to be told of; `*` for everything, also what comes to be told of later.');
const channelIdsSchema = z.array(z.string().max(100)).min(1).max(100).describe('Only of these channels. All of the team’s, when left out or null.');

export const createCallbackSchema = z
  .strictObject({ url: urlSchema, events: eventsSchema, channelIds: channelIdsSchema.nullable().optional() })
  .meta({ id: 'CreateCallback', example: { url: 'https://support.example.com/hooks/x', events: ['message.received', 'message.failed'] } });

export const patchCallbackSchema = patchSchema(
  {
    url: urlSchema.optional(),
    events: eventsSchema.optional(),
    channelIds: channelIdsSchema.nullable().optional(),
    enabled: z.boolean().optional().describe('`false`: nothing is told any more. `true`: told again from now on; what was missed can be redelivered.'),
  },
  { id: 'PatchCallback', example: { enabled: true } },
);

const fields = {
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  channelIds: z.array(z.string()).nullable(),
  enabled: z.boolean(),
  disabledReason: z
    .enum(['by-team', 'gone', 'failing'])
    .nullable()
    .describe('Why it is off. `gone`: the receiver answered 410. `failing`: every attempt failed for 5 days.'),
  failingSince: z.string().nullable().describe('Since when every attempt has failed.'),
  pausedUntil: z.string().nullable().describe('The receiver asked for a pause until then.'),
  secretCreatedAt: z.string(),
  oldSecretUntil: z.string().nullable().describe('Until then the secret before this one signs as well.'),
  createdAt: z.string(),
  updatedAt: z.string(),
};

const example = {
  id: 'cbk_01m81mk9t2f4c7qzr5w8x0b3ne',
  url: 'https://support.example.com/hooks/x',
  events: ['message.received', 'message.failed'],
  channelIds: null,
  enabled: true,
  disabledReason: null,
  failingSince: null,
  pausedUntil: null,
  secretCreatedAt: '2026-11-26T12:00:00.000Z',
  oldSecretUntil: null,
  createdAt: '2026-11-26T12:00:00.000Z',
  updatedAt: '2026-11-26T12:00:00.000Z',
};

export const callbackSchema = z.object(fields).meta({ id: 'Callback', example });
export const callbackWithSecretSchema = z
  .object({ ...fields, secret: z.string().describe('What our calls are signed with (Standard Webhooks). Answered this once.') })
  .meta({ id: 'CallbackWithSecret', example: { ...example, secret: 'whsec_…' } });
export const callbackPageSchema = pageOf('CallbackPage', callbackSchema, [example]);

export type CreateCallback = z.infer<typeof createCallbackSchema>;
export type PatchCallback = z.infer<typeof patchCallbackSchema>;
export type CallbackDto = z.infer<typeof callbackSchema>;

export function toCallbackDto(callback: CallbackEntity): CallbackDto {
  return {
    id: callback.id,
    url: callback.url,
    events: [...callback.events],
    channelIds: callback.channelIds === null ? null : [...callback.channelIds],
    enabled: callback.isEnabled,
    disabledReason: callback.disabledReason,
    failingSince: toTimestampOrNull(callback.failingSince),
    pausedUntil: toTimestampOrNull(callback.pausedUntil),
    secretCreatedAt: toTimestamp(callback.secretCreatedAt),
    oldSecretUntil: toTimestampOrNull(callback.oldSecretUntil),
    createdAt: toTimestamp(callback.createdAt),
    updatedAt: toTimestamp(callback.updatedAt),
  };
}
