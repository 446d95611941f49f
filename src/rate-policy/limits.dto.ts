import { z } from 'zod';

/** The limits of a channel that has sent twelve messages beyond its reply windows. */
export const LIMITS_EXAMPLE = [
  { name: 'account-24h', limit: 1000, used: 12, remaining: 988, available: 988, resetsAt: '2026-11-23T09:14:02.317Z', source: 'policy' },
  { name: 'app-24h', limit: 15000, used: 40, remaining: 14960, available: 14960, resetsAt: '2026-11-23T08:51:40.002Z', source: 'policy' },
];

export const limitSchema = z
  .object({
    name: z.string().describe('Who is counted and for how long: `account-24h` is the channel’s account in any 24 hours.'),
    limit: z.number().int().describe('How many sends beyond the reply windows X takes.'),
    used: z.number().int().describe('How many of them are taken, by what is accepted and not yet sent too.'),
    remaining: z.number().int(),
    available: z.number().int().describe('Of `remaining`, what this channel may use now: of the app’s limit, other channels are kept their shares.'),
    resetsAt: z.string().nullable().describe('When the next place comes free; null while nothing was sent.'),
    source: z.enum(['policy', 'x']).describe('`x`: what X said with its last answers is stricter than the policy.'),
  })
  .meta({ id: 'Limit', description: 'One of X’s limits on sends beyond the reply windows.', example: LIMITS_EXAMPLE[0] });

export const channelLimitsSchema = z
  .object({
    profile: z.string().describe('The messages API whose limits these are; `config/rate-policies.yaml` has each with its source.'),
    limits: z.array(limitSchema),
  })
  .meta({ id: 'ChannelLimits', example: { profile: 'v1.1', limits: LIMITS_EXAMPLE } });

export type ChannelLimits = z.infer<typeof channelLimitsSchema>;
