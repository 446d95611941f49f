import { z } from 'zod';
import { CHECK_NAMES } from './channel-check.js';

const NOW = '2026-11-26T12:00:00.000Z';

const checkSchema = z.object({
  name: z.enum(CHECK_NAMES),
  ok: z.boolean(),
  checkedAt: z.string().nullable().describe('When it was last made; null while it never was.'),
  detail: z.string().describe('What was found.'),
  remedy: z.string().nullable().describe('What to do about it, with the setting’s name at X; null when all is well.'),
});

export const HEALTH_EXAMPLE = {
  status: 'degraded',
  checks: [
    { name: 'credentials', ok: true, checkedAt: NOW, detail: 'X takes the tokens; they are those of @NajmTelecomCare (1488203456789012345).', remedy: null },
    {
      name: 'webhook-valid',
      ok: false,
      checkedAt: NOW,
      detail: 'X waits 3 seconds for the answer to its challenge, and ours came later.',
      remedy: 'Look at the proxy between X and this service, and at how busy the machine is.',
    },
  ],
  lastEventAt: '2026-11-26T11:58:12.000Z',
  lastCrcAt: '2026-11-26T11:41:00.000Z',
  lastCheckAt: NOW,
  nextCheckAt: '2026-11-26T12:05:00.000Z',
};

export const channelHealthSchema = z
  .object({
    status: z.enum(['pending', 'connected', 'degraded', 'disconnected', 'revoked', 'paused']).describe('As in the channel.'),
    checks: z.array(checkSchema).describe('All of them, in the order in which they are worth mending.'),
    lastEventAt: z.string().nullable().describe('When X last told of something, to within a second.'),
    lastCrcAt: z.string().nullable().describe('When X last challenged the webhook, to within 10 seconds.'),
    lastCheckAt: z.string().nullable(),
    nextCheckAt: z.string().nullable().describe('When the timetable looks next; null for a channel that it leaves alone.'),
  })
  .meta({ id: 'ChannelHealth', example: HEALTH_EXAMPLE });

export type ChannelHealthDto = z.infer<typeof channelHealthSchema>;
